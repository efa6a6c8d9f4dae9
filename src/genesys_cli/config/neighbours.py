"""What neat-python, TensorNEAT, Stable-Baselines3, its zoo and Gymnasium call what a setting does here."""

from __future__ import annotations

from .neat_python.keys import KEYS

_NAMES = {
    # neat-python: its configuration, its programs, and its older configurations
    **{key.name: key.ours[0] for key in KEYS if key.ours and key.name != key.ours[0].rpartition(".")[2]},
    "checkpoint_interval": "run.checkpoint_every",
    "generation_interval": "run.checkpoint_every",
    "fitness_function": "evaluation.fitness",
    "eval_genomes": "evaluation.fitness",
    "num_workers": "run.threads",
    "parallel": "run.threads",
    "max_weight": "neat.weight_max",
    "min_weight": "neat.weight_min",
    # TensorNEAT
    "species_size": "neat.target_species",
    "max_species": "neat.target_species",
    "target_species_number": "neat.target_species",
    "genome_elitism": "neat.elitism",
    "conn_add": "neat.conn_add_prob",
    "conn_delete": "neat.conn_delete_prob",
    "node_add": "neat.node_add_prob",
    "node_delete": "neat.node_delete_prob",
    "compatibility_disjoint": "neat.compatibility_disjoint_coefficient",
    "compatibility_weight": "neat.compatibility_weight_coefficient",
    "crossover_rate": "neat.crossover_prob",
    "generation_limit": "neat.generations",
    "fitness_target": "evaluation.solved_at",
    "max_step": "environment.max_steps",
    "repeat_times": "evaluation.episodes",
    # Stable-Baselines3 and its zoo
    "n_envs": "run.instances",
    "num_envs": "run.instances",
    "n_timesteps": "neat.generations",
    "total_timesteps": "neat.generations",
    "n_eval_episodes": "evaluation.validate_episodes",
    "eval_episodes": "evaluation.validate_episodes",
    "save_freq": "run.checkpoint_every",
    "normalize": "evaluation.normalise_observations",
    "normalise": "evaluation.normalise_observations",
    "norm_obs": "evaluation.normalise_observations",
    "clip_obs": "evaluation.observation_clip",
    "reward_threshold": "evaluation.solved_at",
    "env_kwargs": "environment.kwargs",
    "frame_skip": "environment.action_repeat",
    "frameskip": "environment.action_repeat",
    # Gymnasium
    "max_episode_steps": "environment.max_steps",
    "env_id": "environment.id",
    # elsewhere
    "population_size": "neat.population",
    "popsize": "neat.population",
    "n_generations": "neat.generations",
    "num_generations": "neat.generations",
    "max_generations": "neat.generations",
    "n_episodes": "evaluation.episodes",
    "num_episodes": "evaluation.episodes",
    "random_seed": "run.seed",
    "random_state": "run.seed",
    "n_jobs": "run.threads",
    "workers": "run.threads",
    "n_workers": "run.threads",
    "timeout": "run.step_timeout",
}

_REMARKS = {
    "no_fitness_termination": "true there is false here",
    "n_timesteps": "a run ends by generations, not by steps",
    "total_timesteps": "a run ends by generations, not by steps",
    "fitness_threshold": "of the held-out episodes' mean",
    "fitness_criterion": "max is best, mean is mean",
}

_NONE = {
    **{key.name: key.meaning for key in KEYS if not key.ours},
    "render_mode": "`genesys replay` shows a network: --render terminal, --render window or --record FILE.gif",
    "render": "`genesys replay` shows a network: --render terminal, --render window or --record FILE.gif",
    "learning_rate": "nothing is learned by gradients here; how far weights mutate is neat.weight_mutate_power",
    "gamma": "rewards are not discounted: fitness is the sum of an episode's rewards",
    "batch_size": "there are no batches; how many episodes a genome plays is evaluation.episodes",
    "policy": "networks grow; with what they start is neat.num_hidden and neat.initial_connection",
    "device": "runs use this machine's cores, see run.threads",
    "vec_env": "environments run in worker processes, see run.threads and run.instances",
    "monitor": "every run keeps metrics.csv; more is logged with --log",
    "env_wrapper": "register the environment with its wrappers in a module of yours, and name it module:Id",
}  # fmt: skip


def neighbour(key: str) -> str:
    """Return the end of a message about a key that other programs have; empty where it is none of theirs."""
    name = key.rpartition(".")[2].lower().replace("-", "_")
    if (ours := _NAMES.get(name)) is not None:
        remark = f" ({_REMARKS[name]})" if name in _REMARKS else ""
        return f"; here it is {ours!r}{remark}"
    if (why := _NONE.get(name)) is not None:
        return f"; {why}"
    return ""

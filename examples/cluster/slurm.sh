#!/bin/bash
# A run on the nodes of a Slurm job: sbatch slurm.sh runs/lander (docs/cluster.md#slurm)
#SBATCH --job-name=genesys
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@60      # a minute before the end: the run ends as with Ctrl-C; submitted again, it goes on
set -euo pipefail

run=${1:-runs/lander}
. "${VENV:-$HOME/genesys}/bin/activate"         # the same environment on every node

export RAY_AUTH_MODE=token                      # nobody else's processes get in
RAY_AUTH_TOKEN=$(python -c 'import secrets; print(secrets.token_hex(32))')
export RAY_AUTH_TOKEN
address=$(hostname -I | cut -d' ' -f1)          # the script runs on the first node, which is the head
port=$((20000 + SLURM_JOB_ID % 20000))
cores=$SLURM_CPUS_PER_TASK

srun --nodes=1 --ntasks=1 --nodelist="$SLURMD_NODENAME" \
    ray start --head --node-ip-address="$address" --port="$port" --num-cpus="$cores" --include-dashboard=false --block &
for ((second = 0; second < 60; second++)); do
    (: < "/dev/tcp/$address/$port") 2> /dev/null && break
    sleep 1
done
if ((SLURM_JOB_NUM_NODES > 1)); then            # they get actors as soon as they have joined
    srun --nodes="$((SLURM_JOB_NUM_NODES - 1))" --ntasks="$((SLURM_JOB_NUM_NODES - 1))" --exclude="$SLURMD_NODENAME" \
        ray start --address="$address:$port" --num-cpus="$cores" --block &
fi

if [ -e "$run/config.toml" ]; then
    exec genesys evolve --resume "$run" --cluster "$address:$port"
fi
exec genesys evolve -e LunarLander -p 1000 --cluster "$address:$port" --set cluster.cores="$cores" --run-dir "$run"

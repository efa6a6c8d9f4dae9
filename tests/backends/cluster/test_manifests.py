"""The files in ``examples/cluster``: Slurm's script and Kubernetes' manifest say what Ray and `genesys` understand."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from docs.documents import commands
from genesys_cli.cli.main import main

yaml = pytest.importorskip("yaml")

PLACE = Path(__file__).parents[3] / "examples" / "cluster"
JOB = PLACE / "rayjob.yaml"

# Fields of ray.io/v1, from KubeRay's CustomResourceDefinition ray.io_rayjobs.yaml; the manifest was checked against
# all of it, the pods included.
KNOWN = {
    "job": {"activeDeadlineSeconds", "backoffLimit", "clusterSelector", "deletionStrategy", "entrypoint"}
    | {"entrypointNumCpus", "entrypointNumGpus", "entrypointResources", "jobId", "managedBy", "metadata"}
    | {"preRunningDeadlineSeconds", "rayClusterSpec", "runtimeEnvYAML", "shutdownAfterJobFinishes", "submissionMode"}
    | {"submitterConfig", "submitterPodTemplate", "suspend", "ttlSecondsAfterFinished"},
    "cluster": {"authOptions", "autoscalerOptions", "enableInTreeAutoscaling", "gcsFaultToleranceOptions"}
    | {"headGroupSpec", "headServiceAnnotations", "managedBy", "networkPolicy", "rayVersion", "suspend", "tlsOptions"}
    | {"upgradeStrategy", "workerGroupSpecs"},
    "head": {"enableIngress", "headService", "labels", "rayStartParams", "resources", "serviceType", "template"},
    "workers": {"groupName", "idleTimeoutSeconds", "labels", "maxReplicas", "minReplicas", "numOfHosts", "priority"}
    | {"rayStartParams", "replicas", "resources", "scaleStrategy", "suspend", "template"},
    "container": {"args", "command", "env", "envFrom", "image", "imagePullPolicy", "lifecycle", "livenessProbe"}
    | {"name", "ports", "readinessProbe", "resources", "securityContext", "startupProbe", "volumeMounts", "workingDir"},
}


def parsed_by_us(words):
    """Have the command line read the words after ``genesys``; returns the values of its options."""
    command = main.get_command(None, words[0])
    with command.make_context(words[0], list(words[1:]), resilient_parsing=False) as context:
        return context.params


def ours(script):
    """Return the words of each ``genesys`` command in a shell script."""
    lines = re.split(r"[;\n]", script)
    return [shlex.split(line[line.index("genesys ") :])[1:] for line in lines if "genesys evolve" in line]


@pytest.fixture(scope="module")
def job():
    return yaml.safe_load(JOB.read_text(encoding="utf-8"))


def test_the_manifest_is_a_ray_job(job):
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    assert re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", job["metadata"]["name"])
    assert set(job) == {"apiVersion", "kind", "metadata", "spec"}
    spec = job["spec"]
    assert set(spec) <= KNOWN["job"]
    assert isinstance(spec["backoffLimit"], int)
    cluster = spec["rayClusterSpec"]
    assert set(cluster) <= KNOWN["cluster"]
    assert cluster["authOptions"] == {"mode": "token"}
    assert tuple(map(int, cluster["rayVersion"].split("."))) >= (2, 52, 0)  # the first with tokens
    groups = [(cluster["headGroupSpec"], "head"), *((group, "workers") for group in cluster["workerGroupSpecs"])]
    images = set()
    for group, kind in groups:
        assert set(group) <= KNOWN[kind]
        assert all(isinstance(value, str) for value in group["rayStartParams"].values())
        (container,) = group["template"]["spec"]["containers"]
        assert set(container) <= KNOWN["container"]
        images.add(container["image"])
        resources = container["resources"]
        assert resources["requests"] == resources["limits"]  # else Ray counts cores that the pod does not get
        assert int(resources["limits"]["cpu"]) > 0
        assert re.fullmatch(r"[0-9]+Gi", resources["limits"]["memory"])
        mounted = {mount["name"] for mount in container.get("volumeMounts", [])}
        assert mounted == {volume["name"] for volume in group["template"]["spec"].get("volumes", [])}
    assert len(images) == 1  # the same everywhere
    for group in cluster["workerGroupSpecs"]:
        assert 0 <= group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
    docker = (PLACE / "Dockerfile").read_text(encoding="utf-8")
    assert set(re.findall(r"ray[:=]+([0-9.]+[0-9])", docker)) == {cluster["rayVersion"]}


def test_the_manifest_starts_and_resumes_a_run(job, tmp_path):
    entrypoint = job["spec"]["entrypoint"]
    assert subprocess.run(["bash", "-n", "-c", entrypoint], check=False).returncode == 0
    resumed, started = ours(entrypoint)
    run = parsed_by_us(resumed)["resume"]
    new = parsed_by_us(started)
    assert new["run_dir"] == run
    assert new["cluster"] == parsed_by_us(resumed)["cluster"] == "auto"
    head = job["spec"]["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]["containers"][0]
    assert any(run.is_relative_to(mount["mountPath"]) for mount in head["volumeMounts"])
    (workers,) = job["spec"]["rayClusterSpec"]["workerGroupSpecs"]
    cores = workers["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"]
    assert f"cluster.cores={cores}" in new["overrides"]


NOTE = """#!{python}
import os, pathlib, shlex, sys
with open(os.environ["NOTED"], "a") as file:
    print(shlex.join([pathlib.Path(sys.argv[0]).name, *sys.argv[1:]]), file=file)
"""
PROGRAMS = {
    "genesys": """
import time
until = time.monotonic() + 50
while time.monotonic() < until and open(os.environ["NOTED"]).read().count("ray start") < 2 * int(os.environ["STARTS"]):
    time.sleep(0.05)
""",
    "ray": """
import socket, time
if "--head" in sys.argv:
    port = next(word.partition("=")[2] for word in sys.argv if word.startswith("--port="))
    with socket.create_server(("", int(port))):
        time.sleep(20)
""",
    "srun": """
rest = sys.argv[1:]
while rest[0].startswith("--"):
    del rest[0]
os.execvp(rest[0], rest)
""",
    "hostname": """
print("127.0.0.1 ::1")
""",
}


def carried_out(tmp_path, nodes, run="runs/lander"):
    """Carry out the script of Slurm with programs that only note how they were called; return the words of each."""
    (tmp_path / "bin").mkdir(exist_ok=True)
    (tmp_path / "bin" / "activate").write_text("")
    for name, body in PROGRAMS.items():
        program = tmp_path / "bin" / name
        program.write_text(NOTE.format(python=sys.executable) + body)
        program.chmod(0o755)
    noted = tmp_path / "noted"
    starts = str(min(nodes, 2))  # each once with srun, and once by it
    given = {
        "STARTS": starts,
        "SLURM_JOB_ID": str(os.getpid()),
        "SLURM_JOB_NUM_NODES": str(nodes),
        "SLURM_CPUS_PER_TASK": "16",
        "SLURMD_NODENAME": "node1",
    }
    path = f"{tmp_path / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = os.environ | given | {"VENV": str(tmp_path), "NOTED": str(noted), "PATH": path}
    script = subprocess.Popen(["bash", str(PLACE / "slurm.sh"), run], env=env, cwd=tmp_path, start_new_session=True)
    try:
        assert script.wait(60) == 0
    finally:
        os.killpg(script.pid, 9)  # the head, as Slurm does at the end of a job
    return [shlex.split(line) for line in noted.read_text().splitlines()]


@pytest.mark.parametrize("command", [command for _, command in commands() if command.startswith("ray ")])
def test_what_the_page_has_ray_do(command):
    words = shlex.split(command)[1:]
    scripts = pytest.importorskip("ray.scripts.scripts")
    with scripts.cli.get_command(None, words[0]).make_context(words[0], words[1:]) as context:
        assert context.params


@pytest.mark.skipif(not Path("/bin/bash").exists(), reason="Slurm's scripts are of bash")
class TestSlurm:
    def test_its_syntax(self):
        assert subprocess.run(["bash", "-n", str(PLACE / "slurm.sh")], check=False).returncode == 0

    def test_a_head_and_the_other_nodes_are_started(self, tmp_path):
        scripts = pytest.importorskip("ray.scripts.scripts")
        called = carried_out(tmp_path, nodes=4)
        started = {}
        for words in called:
            if words[0] == "ray":
                assert words[1] == "start"
                with scripts.start.make_context("start", words[2:]) as context:  # Ray's own command line
                    started["head" if context.params["head"] else "others"] = context.params
        assert started["head"]["num_cpus"] == started["others"]["num_cpus"] == 16
        address = f"127.0.0.1:{started['head']['port']}"
        assert started["others"]["address"] == address
        asked = [words for words in called if words[0] == "srun"]
        assert sorted(next(word for word in words if "--ntasks=" in word) for words in asked) == [
            "--ntasks=1",
            "--ntasks=3",
        ]
        (words,) = (words for words in called if words[0] == "genesys")
        given = parsed_by_us(words[1:])
        assert given["cluster"] == address
        assert "cluster.cores=16" in given["overrides"]
        assert given["run_dir"] == Path("runs/lander")

    def test_a_job_of_one_node_resumes_what_there_is(self, tmp_path):
        (tmp_path / "there").mkdir()
        (tmp_path / "there" / "config.toml").write_text("")
        called = carried_out(tmp_path, nodes=1, run="there")
        assert sum(words[0] == "ray" for words in called) == 1
        (words,) = (words for words in called if words[0] == "genesys")
        assert parsed_by_us(words[1:])["resume"] == Path("there")

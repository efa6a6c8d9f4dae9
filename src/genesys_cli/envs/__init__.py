"""Batched environments: what a task is, and the native ones whose physics runs inside the kernels."""

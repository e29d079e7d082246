"""What dindguard costs, as ratios to what nobody can do without: ``python -m benchmarks`` (docs/performance.md)."""

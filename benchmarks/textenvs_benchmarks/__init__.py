"""The benchmark of TextEnvs: suites, their results and statistics, and the command `textenvs`."""

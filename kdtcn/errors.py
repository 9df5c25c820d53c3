"""The project's own errors: each message names the input, what was wrong with it, and what to do."""


class KdtcnError(Exception):
    """Anything a user can mend; the command line prints it as one line and exits with 2."""


class InputError(KdtcnError):
    """A file, a date or an argument that cannot be used."""


class ConfigError(KdtcnError):
    """A configuration that cannot be read; the message names the key."""


class LakeError(KdtcnError):
    """A lake that is missing, newer than this version, or not as its schema says."""


class SourceError(KdtcnError):
    """A provider that did not answer, or answered with something else than data."""


class ModelError(KdtcnError):
    """A model that is unknown, not trained yet, or does not fit its inputs."""

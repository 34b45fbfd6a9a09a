"""The synthetic sounds are written when a run is about to read them, never when a configuration is only looked at."""

from __future__ import annotations

from ..datamodels.kinds import DatasetConfig
from ..report.finding import refuse
from .cache import audio_folder, ensure


def ensure_for(*datasets: DatasetConfig | None) -> None:
    """The synthetic sounds exist, if one of the datasets is made of them.

    Raises:
        Refused: they cannot be computed or written here.
    """
    wanted = str(audio_folder())
    if not any(getattr(entry, "path", None) == wanted for dataset in datasets if dataset for entry in dataset.datasets):
        return
    try:
        ensure()
    except ImportError:
        message = "the synthetic sounds are computed with numpy, which is not installed"
        raise refuse("not-installed", message, "dataset", help="install the extra `engine`; training needs it too") from None
    except OSError as error:
        message = f"the synthetic sounds cannot be written to `{wanted}`: {error.strerror or error}"
        raise refuse("not-writable", message, "dataset", help="set SAT_CACHE to a folder of yours") from None

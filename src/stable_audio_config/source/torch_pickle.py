"""The pickle inside a torch file, replayed without torch: nothing is imported and no code from the file is run.

Every class and function the pickle names is replaced by a stand-in that does nothing; the few functions of torch that
make tensors are replaced by ones that keep the type and the shape. The numbers themselves lie outside the pickle.
What a crafted file can still do is to waste time and memory; it cannot act.
"""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MAX_DEPTH = 64
STORAGE_DTYPES = {
    "Double": "float64",
    "Float": "float32",
    "Half": "float16",
    "BFloat16": "bfloat16",
    "Long": "int64",
    "Int": "int32",
    "Short": "int16",
    "Char": "int8",
    "Byte": "uint8",
    "Untyped": "uint8",
    "Bool": "bool",
    "ComplexDouble": "complex128",
    "ComplexFloat": "complex64",
    "QInt8": "qint8",
    "QUInt8": "quint8",
    "QInt32": "qint32",
    "QUInt4x2": "quint4x2",
    "QUInt2x4": "quint2x4",
}


@dataclass(frozen=True)
class TensorInfo:
    """A tensor without its numbers; `dtype` is torch's name (`float32`) in both formats."""

    dtype: str
    shape: tuple[int, ...]


def replay(content: bytes) -> Any:
    """What the pickle holds, every tensor a TensorInfo, every other object an inert stand-in.

    A damaged or crafted pickle fails in any way whatever: expect any Exception.
    """
    return _Replay(io.BytesIO(content)).load()


def is_plain(value: Any, known: set[int], depth: int = 0) -> bool:
    """Whether a value is made of None, booleans, numbers, strings, lists, tuples and dicts alone, and not without end.

    Each container is looked at once (`known`): a crafted file can refer to one list so often that its tree is endless.
    """
    if value is None or type(value) in (str, int, float, bool):
        return True
    if type(value) not in (list, tuple, dict, OrderedDict) or depth > MAX_DEPTH:
        return False
    if id(value) not in known:
        items = [*dict.keys(value), *dict.values(value)] if isinstance(value, dict) else value
        if not all(is_plain(item, known, depth + 1) for item in items):
            return False
        known.add(id(value))
    return True


class _Opaque:
    """Stands in for every class and function a pickle names, and for what they would have made: it does nothing."""

    qualified_name = ""

    def __new__(cls, *_args: object, **_kwargs: object) -> _Opaque:
        return super().__new__(cls)

    def __init__(self, *_args: object, **_kwargs: object) -> None: ...

    def __call__(self, *_args: object, **_kwargs: object) -> _Opaque:
        return _Opaque()

    def __setstate__(self, _state: object) -> None: ...

    def __setitem__(self, _key: object, _value: object) -> None: ...

    def append(self, _item: object) -> None: ...

    def extend(self, _items: object) -> None: ...

    def add(self, _item: object) -> None: ...


@dataclass(frozen=True)
class _Storage:
    """What stands in for the numbers of a tensor: their type."""

    dtype: str


class _Rebuild:
    """A function of torch that makes a tensor: called with what torch's is called with, it makes a TensorInfo."""

    __slots__ = ("_build",)

    def __init__(self, build: Callable[..., Any]) -> None:
        self._build = build

    def __call__(self, *args: Any) -> Any:
        return self._build(*args)

    def __setstate__(self, _state: object) -> None: ...


class _Replay(pickle._Unpickler):
    """Replays a pickle with stand-ins: nothing is imported, and nothing but this file's own code is called.

    It builds on the unpickler that is written in Python. The one in C keeps what it has seen in an array as long as the
    highest number in the file, so that five bytes of a crafted file make it fill all memory.
    The stand-ins for classes are made anew for every file, so that nothing a file writes onto one outlives it.
    """

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self._stand_ins: dict[tuple[str, str], Any] = {("collections", "OrderedDict"): OrderedDict}

    def find_class(self, module: str, name: str) -> Any:
        known = (module, name)
        if known not in self._stand_ins:
            full = f"{module}.{name}"
            build = REBUILDS.get(full)
            self._stand_ins[known] = _Rebuild(build) if build else type("_Opaque", (_Opaque,), {"qualified_name": full})
        return self._stand_ins[known]

    def get_extension(self, code: int) -> None:
        # Names registered by number would be looked up in, and remembered by, the whole process.
        raise pickle.UnpicklingError(f"extension {code} is not known")

    def persistent_load(self, pid: Any) -> Any:
        _, storage_type, *_ = pid
        kind = _last_name(storage_type).removesuffix("Storage")
        return _Storage(STORAGE_DTYPES.get(kind, kind.lower()))


def _last_name(stand_in: Any) -> str:
    return str(stand_in.qualified_name).rpartition(".")[2]


def _shape(size: Any) -> tuple[int, ...]:
    return tuple(int(width) for width in size)


def _tensor(storage: _Storage, _offset: int, size: Any, *_rest: object) -> TensorInfo:
    return TensorInfo(storage.dtype, _shape(size))


def _tensor_of_other_dtype(
    _storage: _Storage,
    _offset: int,
    size: Any,
    _stride: object,
    _grad: object,
    _hooks: object,
    dtype: Any,
    *_rest: object,
) -> TensorInfo:
    return TensorInfo(_last_name(dtype), _shape(size))


def _tensor_without_storage(dtype: Any, size: Any, *_rest: object) -> TensorInfo:
    return TensorInfo(_last_name(dtype), _shape(size))


def _same_tensor(tensor: Any, *_rest: object) -> Any:
    return tensor


def _tensor_of_subclass(rebuild: Any, _type: object, args: Any, *_rest: object) -> Any:
    return rebuild(*args)


REBUILDS: dict[str, Callable[..., Any]] = {
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor_v3": _tensor_of_other_dtype,
    "torch._utils._rebuild_qtensor": _tensor,
    "torch._utils._rebuild_meta_tensor_no_storage": _tensor_without_storage,
    "torch._utils._rebuild_parameter": _same_tensor,
    "torch._utils._rebuild_parameter_with_state": _same_tensor,
    "torch._utils._rebuild_device_tensor_from_cpu_tensor": _same_tensor,
    "torch._tensor._rebuild_from_type_v2": _tensor_of_subclass,
    "torch.Size": _shape,
}

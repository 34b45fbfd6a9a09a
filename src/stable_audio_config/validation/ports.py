"""What arrives at each list of conditioners, against the width that the network expects there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .conditions import Output, output_of
from .geometry import encoded_channels
from .id_lists import INPAINT, SIGNAL_LISTS, TOKEN_LISTS, WIDTHS, Use, network, width_key
from .view import Absent, Node, Path


@dataclass(frozen=True)
class Given:
    """A use of a conditioner, and what that conditioner gives."""

    use: Use
    output: Output

    @property
    def inherits(self) -> bool:
        """Whether its width is the `cond_dim` of all."""
        return self.output.at[-1] == "cond_dim"

    @property
    def at(self) -> Path:
        """The key that decides its width."""
        return self.output.at

    @property
    def fits(self) -> bool:
        """Whether its shape is one that its list takes."""
        if self.use.where in SIGNAL_LISTS:
            return self.output.shape == "signal"
        return self.output.shape != "signal" and (self.use.where in TOKEN_LISTS or self.output.tokens == 1)


@dataclass(frozen=True)
class Port:
    """One list of ids, and the width that the network expects of it."""

    where: str
    """The list, one of `WIDTHS`."""
    list_at: Path
    named: int
    """How many ids stand in the list."""
    at: Path
    """The key of the width."""
    expected: int | None
    """The width; None where null stands there."""
    given: tuple[Given, ...]
    """What arrives, as far as that can be told."""

    @property
    def key(self) -> str:
        """The name of the width, such as `cond_token_dim`."""
        return str(self.at[-1])

    @property
    def complete(self) -> bool:
        """Whether it can be told of every id what arrives."""
        return len(self.given) == self.named

    @property
    def has_right_shapes(self) -> bool:
        """Whether everything that arrives, as far as that can be told, has the shape that the list takes."""
        return all(entry.fits for entry in self.given)

    def size(self, output: Output) -> int:
        """What one output adds to the width.

        Raises:
            Absent: that depends on the text.
        """
        return output.width if self.where == "global_cond_ids" else output.channels

    @property
    def total(self) -> int | None:
        """Everything that arrives put beside each other: widths for global conditions, else channels; None if that is unknown."""
        try:
            return sum(self.size(entry.output) for entry in self.given) if self.complete else None
        except Absent:
            return None


def outputs(model: Node, nodes: Mapping[str, Node]) -> dict[str, Output]:
    """Id -> what arrives where it is named, as far as that can be told; what inpainting makes by itself too."""
    found = {name: _inpainted(model, name) for name in INPAINT if name not in nodes}
    found |= {name: _output(model, name, conditioner) for name, conditioner in nodes.items()}
    return {name: output for name, output in found.items() if output is not None}


def _output(model: Node, name: str, conditioner: Node) -> Output | None:
    try:
        finished = name in model("conditioning.pre_encoded_keys")  # Tensors of any shape stand in the metadata.
        return None if finished else output_of(conditioner)
    except (Absent, KeyError):
        return None


def _inpainted(model: Node, name: str) -> Output | None:
    try:
        at = network(model).at("config.io_channels")
        return Output("signal", None, 1, model.path) if name == INPAINT[0] else Output("signal", None, _latents(model), at)
    except Absent:
        return None


def _latents(model: Node) -> int:
    """Channels that the network works on.

    Raises:
        Absent: the config disagrees with itself about them, which is a finding of its own.
    """
    said = {network(model).given("config.io_channels"), model.given("io_channels")}
    if model.has("pretransform"):
        said.add(encoded_channels(model.part("pretransform")).value)
    if len(said) > 1:
        raise Absent(model.at("io_channels"))
    return int(said.pop())


def ports(model: Node, uses: list[Use], outputs: Mapping[str, Output]) -> dict[str, Port]:
    """List -> port, for the lists that the network of a model has."""
    found = (_port(model, where, [use for use in uses if use.where == where], outputs) for where in WIDTHS)
    return {port.where: port for port in found if port is not None}


def _port(model: Node, where: str, uses: list[Use], outputs: Mapping[str, Output]) -> Port | None:
    holder = network(model)
    key = f"config.{width_key(model, where)}"
    try:
        expected = holder(key)
    except Absent:
        return None
    entries = tuple(Given(use, outputs[use.id]) for use in uses if use.id in outputs)
    return Port(where, holder.at(where), len(uses), holder.at(key), expected, entries)


def implied_cond_dim(port: Port) -> int | None:
    """The `cond_dim` that the width of the network implies; None where the list does not take it."""
    inheriting = sum(entry.inherits for entry in port.given)
    if not inheriting or not port.expected:
        return None
    if port.where in TOKEN_LISTS:
        return port.expected
    if not port.complete:
        return None
    rest = port.expected - sum(entry.output.width for entry in port.given if not entry.inherits)
    return rest // inheriting if rest > 0 and rest % inheriting == 0 else None


@dataclass(frozen=True)
class Slip:
    """What explains that everything in a list together is wider or narrower than the network expects."""

    use: Use | None = None
    """The item that is one too many, or stands in the place of another."""
    lacks: str | None = None
    """The id that is not there."""


def slip(port: Port, spare: Mapping[str, Output]) -> Slip | None:
    """The slip in a list that would explain its total, if only one id can be meant; `spare` are ids that could stand there."""
    if port.total is None or port.expected is None or port.total == port.expected or not port.has_right_shapes:
        return None
    gap, seen, slips = port.expected - port.total, set[str](), list[Slip]()
    try:
        sizes = {name: port.size(output) for name, output in spare.items()}
        for entry in port.given:
            if entry.use.id in seen and port.size(entry.output) == -gap:
                slips.append(Slip(entry.use))
            slips += [Slip(entry.use, name) for name, size in sizes.items() if size - port.size(entry.output) == gap]
            seen.add(entry.use.id)
    except Absent:
        return None
    slips = [Slip(lacks=name) for name, size in sizes.items() if size == gap] or slips
    return slips[-1] if len({one.lacks for one in slips}) == 1 else None

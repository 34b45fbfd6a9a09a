"""The smallest useful Pydantic process: one model, used once."""

from pydantic import BaseModel


class Point(BaseModel):
    """Two numbers and a name."""

    x: int
    y: float = 0.0
    name: str | None = None


Point.model_validate({"x": 1})

"""What would fail only when the first demo runs."""

from __future__ import annotations

from collections.abc import Iterator

from ..rule import WHOLE, Problem, rule, setting
from ..setup import Setup


@rule("demo-count", on=WHOLE, mirrors="training.diffusion.DiffusionCondDemoCallback", contract=("R-DM-1",))
def demo_counts(setup: Setup) -> Iterator[Problem]:
    """A demo draws `num_demos` noises for as many conditions as there are.

    Both numbers must agree: the first demo, after step 1, puts noise and conditions side by side and fails if they do not.
    """
    if setup.model_type != "diffusion_cond":
        return
    demo = setup.training.part("demo")
    wanted, at = demo("num_demos"), demo.at("num_demos")
    if demo("demo_cond_from_batch"):
        batch = setup.run("batch_size")
        if wanted > batch:
            message = f"`num_demos` is {wanted}, but a batch holds only {batch} conditions"
            yield Problem(at, message, help=f"set it to at most {batch}", fix=setting(at, batch))
        return
    count = len(demo("demo_cond") or ())
    if wanted != count:
        message = f"`num_demos` is {wanted}, but `demo_cond` has {count} entries: the first demo would fail"
        fix = setting(at, count) if count else None
        yield Problem(at, message, help=f"set it to {count}", fix=fix, related=((demo.at("demo_cond"), f"{count} entries"),))

"""From engine 0.0.19 to 0.0.20 and back, so that a config trains what it trained: one step per difference that a config decides.

What belongs here: the steps, by subject. What does not: which keys are new in 0.0.20 (`Since` beside each key of the data
models), and differences that touch no config.
"""

from __future__ import annotations

from ..step import Step, nothing
from . import autoencoder, conditional, data, left_out, networks

BEFORE, AFTER = "0.0.19", "0.0.20"

STEPS: tuple[Step, ...] = (
    Step(
        "mask-padding",
        "`mask_padding` became `mask_loss_weight`, and padding is left out of the loss unless that is 1.",
        conditional.mask_padding_up,
        conditional.mask_padding_down,
    ),
    Step(
        "sampling-shift",
        "`distribution_shift_options` acts in training alone; `sampling_distribution_shift_options` stands for generation.",
        conditional.sampling_shift_up,
        conditional.sampling_shift_down,
    ),
    Step(
        "inpaint-demos",
        "An inpainting model's demos cut holes into no sounds unless asked; it was 8.",
        conditional.inpaint_demos_up,
        conditional.inpaint_demos_down,
    ),
    Step("remove-norms", "`remove_norms` became `norm_type: dyt`.", networks.remove_norms_up, networks.remove_norms_down),
    Step("parts-removed", "Some networks are gone, or cannot run.", networks.parts_removed_up, nothing),
    Step(
        "inert-keys",
        "An autoencoder's `warmup_mode` and `clip_grad_norm` act; 0.0.19 did not read them.",
        autoencoder.inert_keys_up,
        nothing,
    ),
    Step(
        "teacher-latents",
        "A teacher's latents count only if `latent_distillation` asks for it.",
        autoencoder.teacher_latents_up,
        autoencoder.teacher_latents_down,
    ),
    Step(
        "latent-extension",
        "The ending of latent files is said of each folder, not of the dataset.",
        data.latent_extension_up,
        data.latent_extension_down,
    ),
    Step("left-out", "Keys that have no successor are taken out.", left_out.left_out_up, nothing),
    Step("not-in-a-config", "What changed and no key decides.", left_out.not_in_a_config_up, left_out.not_in_a_config_down),
)
"""In the order in which they are taken up; down is the reverse."""

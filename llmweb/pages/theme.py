"""How everything looks: one accent, greys, bundled fonts, and the stylesheets in style/, in their order."""

from pathlib import Path

import gradio as gr

HERE = Path(__file__).parent
STYLES = tuple(HERE / "style" / f"{name}.css" for name in ("base", "parts", "chat", "translate", "results", "models"))
FAVICON = HERE / "favicon.svg"

# Blue of Okabe & Ito (2008), https://jfly.uni-koeln.de/color/: told apart by every eye, 5.2 : 1 on white.
ACCENT = gr.themes.Color(
    name="accent",
    c50="#eef6fb",
    c100="#d6e9f5",
    c200="#add3eb",
    c300="#7db8de",
    c400="#56b4e9",
    c500="#1b87c5",
    c600="#0072b2",
    c700="#005d92",
    c800="#004a75",
    c900="#003a5c",
    c950="#00263d",
)


VALUES = {
    "body_background_fill": "white",
    "body_background_fill_dark": "*neutral_950",
    "body_text_color": "*neutral_900",
    "body_text_color_dark": "*neutral_100",
    "body_text_color_subdued": "*neutral_600",
    "body_text_color_subdued_dark": "*neutral_400",
    "block_background_fill": "transparent",
    "block_background_fill_dark": "transparent",
    "block_border_width": "0px",
    "block_border_width_dark": "0px",
    "block_shadow": "none",
    "block_shadow_dark": "none",
    "block_padding": "0px",
    "block_label_background_fill": "transparent",
    "block_label_background_fill_dark": "transparent",
    "block_title_text_color": "*neutral_700",
    "block_title_text_color_dark": "*neutral_300",
    "block_title_text_size": "*text_sm",
    "block_title_text_weight": "600",
    "block_info_text_color": "*neutral_600",
    "block_info_text_color_dark": "*neutral_400",
    "input_background_fill": "white",
    "input_background_fill_dark": "*neutral_900",
    "input_border_color": "*neutral_400",
    "input_border_color_dark": "*neutral_600",
    "input_border_width": "1px",
    "input_shadow": "none",
    "input_shadow_focus": "none",
    "input_placeholder_color": "*neutral_500",
    "input_placeholder_color_dark": "*neutral_400",
    "button_primary_background_fill": "*primary_600",
    "button_primary_background_fill_hover": "*primary_700",
    "button_primary_background_fill_dark": "*primary_400",
    "button_primary_background_fill_hover_dark": "*primary_300",
    "button_primary_text_color": "white",
    "button_primary_text_color_dark": "*neutral_950",
    "button_secondary_background_fill": "white",
    "button_secondary_background_fill_hover": "*neutral_100",
    "button_secondary_background_fill_dark": "*neutral_900",
    "button_secondary_background_fill_hover_dark": "*neutral_800",
    "button_secondary_border_color": "*neutral_400",
    "button_secondary_border_color_dark": "*neutral_600",
    "button_secondary_text_color": "*neutral_900",
    "button_secondary_text_color_dark": "*neutral_100",
    "button_border_width": "1px",
    "button_primary_shadow": "none",
    "button_primary_shadow_hover": "none",
    "button_primary_shadow_active": "none",
    "button_secondary_shadow": "none",
    "button_secondary_shadow_hover": "none",
    "button_secondary_shadow_active": "none",
    "slider_color": "*primary_600",
    "slider_color_dark": "*primary_400",
    "link_text_color": "*primary_600",
    "link_text_color_dark": "*primary_400",
}
"""Variables of the Gradio theme; a name that begins with * is one of its shades. _dark is for the dark scheme."""


def theme() -> gr.themes.Base:
    """The Gradio theme. Fonts come with the gradio package, so that no page asks another server for one.

    Weights 400 and 700: the 600 files of gradio 6.31 hold no Latin letters.
    """
    base = gr.themes.Base(
        primary_hue=ACCENT,
        secondary_hue=ACCENT,
        neutral_hue=gr.themes.colors.zinc,
        spacing_size=gr.themes.sizes.spacing_md,
        radius_size=gr.themes.sizes.radius_md,
        text_size=gr.themes.sizes.text_md,
        font=(gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700)), "system-ui", "sans-serif"),
        font_mono=(gr.themes.LocalFont("IBM Plex Mono", weights=(400, 700)), "ui-monospace", "monospace"),
    )
    return base.set(**VALUES)

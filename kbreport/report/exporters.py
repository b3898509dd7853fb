"""The two writers as nbconvert exporters. Only this file imports nbconvert."""

from __future__ import annotations

import os
import sys
from typing import Any

# jsonschema looks for this package and compiles its grammar for 1.3 s; notebooks carry no international URLs to check
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

from nbconvert.exporters import Exporter, TemplateExporter  # noqa: E402
from nbconvert.preprocessors import Preprocessor  # noqa: E402
from traitlets import default  # noqa: E402
from traitlets.config import Config  # noqa: E402

from kbreport import home, words  # noqa: E402
from kbreport.report import html, pdf  # noqa: E402


class ReportPage(Preprocessor):
    """`jupyter nbconvert --to html --template kbreport`: nbconvert's own exporter knows none of our filters, so the page comes ready."""

    def preprocess(self, nb, resources):
        resources["kbreport_page"] = html.page_of(html.document_of(nb, resources))
        return nb, resources


class HtmlReport(TemplateExporter):
    """`jupyter nbconvert --to kbreport_html`: our own template, autoescape on, nothing fetched."""

    export_from_notebook = "kbreport HTML"
    output_mimetype = "text/html"
    mathjax_url = ""
    require_js_url = ""

    @property
    def default_config(self) -> Config:
        """The installed template of the same name asks for a ready page; here the template makes it."""
        config = Config({"ReportPage": {"enabled": False}})
        config.merge(super().default_config)
        return config

    @default("file_extension")
    def _extension(self) -> str:
        return ".html"

    @default("template_name")
    def _template(self) -> str:
        return "kbreport"

    @default("extra_template_basedirs")
    def _template_folders(self) -> list[str]:
        return [os.getcwd(), str(home.templates())]

    def _create_environment(self):
        env = super()._create_environment()
        env.autoescape, env.trim_blocks, env.lstrip_blocks = True, True, True
        env.filters |= html._filters()
        env.globals |= html._globals()
        return env

    def from_notebook_node(self, nb, resources=None, **kw) -> tuple[str, dict[str, Any]]:
        """The page as text; the template gets `doc`, `parts`, `meta` beside nbconvert's own `nb` and `resources`."""
        resources = self._init_resources(resources)
        document = html.document_of(nb, resources)
        with words.speaking(document.meta.lang):
            return self.template.render(**html.view(document), nb=nb, resources=resources), resources


class PdfReport(Exporter):
    """`jupyter nbconvert --to kbreport_pdf`: through Typst; needs no LaTeX, browser or pandoc."""

    export_from_notebook = "kbreport PDF"
    output_mimetype = "application/pdf"

    @default("file_extension")
    def _extension(self) -> str:
        return ".pdf"

    def from_notebook_node(self, nb, resources=None, **kw) -> tuple[bytes, dict[str, Any]]:
        resources = self._init_resources(resources)
        return pdf.bytes_of(html.document_of(nb, resources)), resources



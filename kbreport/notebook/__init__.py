"""Translate → parametrize → execute (papermill, our engine) → read results back. The only importer of papermill."""

from kbreport.notebook.execute import Job, Ran, execute, methods_in, run_job

__all__ = ["Job", "Ran", "execute", "methods_in", "run_job"]

"""The Django application `benchside.pages`: templates, static files and message catalogues are found by its folders' names."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """Templates in `jinja2/`, scripts and style sheets in `static/`, languages in `locale/`."""

    name = "benchside.pages"
    label = "pages"

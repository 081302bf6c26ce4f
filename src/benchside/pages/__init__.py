"""What every screen shares: page shell, components, forms, drafts, charts, languages.

Nothing here knows a clinical rule or the record. Screens hand in the small frozen classes of `benchside.pages.shapes`,
and the macros under `jinja2/pages/components` draw them. The catalogue of macros is `docs/pages.md`; `/style` shows them all.
"""

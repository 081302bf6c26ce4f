"""Addresses of the laboratory's screens, at the root of the site. The name of an address is the name of its place."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

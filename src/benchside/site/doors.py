"""What happens around every request: headers for all, sessions and forgery checks for pages only.

The FHIR API takes bearer tokens and nothing else. A browser never sends one by itself, so a forged request from
another site carries no right, and neither cookies nor the CSRF check have anything to do there. Leaving them out is
also what keeps a read at the API cheap.
"""

from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.locale import LocaleMiddleware
from django.middleware.security import SecurityMiddleware

Answer = Callable[[HttpRequest], HttpResponseBase]

# Scripts, styles, pictures and connections from this server only; nothing inline; framed by nobody.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
API_HEADERS: Final = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
PAGE_HEADERS: Final = {
    **API_HEADERS,
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), payment=(), usb=()",
}


def is_page(request: HttpRequest) -> bool:
    """Say whether the request is for a page; the rest, under /fhir, is the API."""
    path = request.path_info
    return not path.startswith(settings.FHIR_PATH) or path[len(settings.FHIR_PATH) :][:1] not in {"", "/"}


def passed_by(middleware: Any, request: HttpRequest) -> Any:
    """Answer by what comes after `middleware`, as if it were not there."""
    return middleware.get_response(request)


class Headers:
    """Puts the security headers on every answer that has not set its own."""

    def __init__(self, get_response: Answer) -> None:
        """Take the next in the row."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with headers."""
        response = self.get_response(request)
        for name, value in (PAGE_HEADERS if is_page(request) else API_HEADERS).items():
            response.headers.setdefault(name, value)
        return response


class PageSecurity(SecurityMiddleware):
    """Django's transport security, for pages. The API is not redirected: a token sent in the clear is already lost."""

    def __call__(self, request: HttpRequest) -> Any:
        """Answer, passing the API by; raises DisallowedHost, answered 400, for a host that is not ours."""
        if not is_page(request):
            return passed_by(self, request)
        request.get_host()
        return super().__call__(request)


class PageSessions(SessionMiddleware):
    """Django's sessions, for pages."""

    def __call__(self, request: HttpRequest) -> Any:
        """Answer, passing the API by."""
        return super().__call__(request) if is_page(request) else passed_by(self, request)


class PageForgery(CsrfViewMiddleware):
    """Django's check against forged requests, for pages; see the module for why the API needs none."""

    def __call__(self, request: HttpRequest) -> Any:
        """Answer, passing the API by."""
        return super().__call__(request) if is_page(request) else passed_by(self, request)

    def process_view(self, request: HttpRequest, callback: Any, callback_args: Any, callback_kwargs: Any) -> Any:
        """Check a page's form; the API has no forms and takes no cookies."""
        return super().process_view(request, callback, callback_args, callback_kwargs) if is_page(request) else None


class PagePerson(AuthenticationMiddleware):
    """Django's `request.user`, for pages."""

    def __call__(self, request: HttpRequest) -> Any:
        """Answer, passing the API by."""
        return super().__call__(request) if is_page(request) else passed_by(self, request)


class PageLanguage(LocaleMiddleware):
    """The reader's language, for pages: what they chose on this device, else what their browser asks for, else the site's."""

    def __call__(self, request: HttpRequest) -> Any:
        """Answer, passing the API and the static files by: they speak no language."""
        spoken = is_page(request) and not request.path_info.startswith(settings.STATIC_URL)
        return super().__call__(request) if spoken else passed_by(self, request)

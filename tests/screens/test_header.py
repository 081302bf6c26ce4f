"""The patient in the header of every page."""

from benchside.workplace.patients import language_words


def test_a_patient_s_language_has_a_name() -> None:
    assert [language_words(code) for code in ("es", "zh", "ar", "pt-BR", "Klingon", "")] == [
        "Spanish",
        "Chinese",
        "Arabic",
        "Portuguese (Brazil)",
        "Klingon",
        "",
    ]

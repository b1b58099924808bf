from __future__ import annotations

import msgspec
import pytest

from interlock.interpreter.hooks import Secret, SecretError, SecretReader
from interlock.interpreter.hooks.credentials import read_credentials
from interlock.interpreter.hooks.secret import conceal, concealed_forms

CANARY = "hunter2 & Söhne"
SIGNATURE = "6abb090057e03e7b87d7ab998bc938e924df50c830b56b9b31a5aa9bb524cf57"


def test_every_way_of_printing_a_secret_hides_it():
    secret = Secret(CANARY)
    for text in (str(secret), repr(secret), f"{secret}", f"{secret:>20}", str([secret])):
        assert "hunter2" not in text
    with pytest.raises(TypeError):
        msgspec.json.encode(secret)
    assert secret.reveal() == CANARY


@pytest.fixture
def reader(tmp_path):
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "token").write_text("from-file\n")
    (folder / "empty").write_text("\n")
    (folder / "two_lines").write_text("a\nb\n")
    (folder / "binary").write_bytes(b"\xff\xfe")
    (folder / "big").write_text("x" * 70_000)
    (folder / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "outside").write_text("not-yours")
    return SecretReader({"TOKEN": "from-env", "EMPTY": "", "CR": "a\r\nb"}, folder)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${env:TOKEN}", "from-env"),
        ("${file:token}", "from-file"),
        ("Token ${env:TOKEN}:${file:token}", "Token from-env:from-file"),
    ],
)
def test_a_reference_is_read(reader, text, value):
    assert reader.read(text).reveal() == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hunter2", "a secret is written"),
        ("${vault:x}", "a secret is written"),
        ("${env:}", "a secret is written"),
        ("${env:NOPE}", "is not set, or empty"),
        ("${env:EMPTY}", "is not set, or empty"),
        ("${env:CR}", "control character"),
        ("${file:nope}", "cannot be read: No such file"),
        ("${file:empty}", "is not set, or empty"),
        ("${file:two_lines}", "control character"),
        ("${file:binary}", "not UTF-8"),
        ("${file:big}", "longer than 65536 bytes"),
        ("${file:../outside}", "outside the secrets folder"),
        ("${file:/etc/passwd}", "outside the secrets folder"),
        ("${file:link}", "outside the secrets folder"),
        ("${file:a\0b}", "cannot be read"),
        ("${file:.}", "cannot be read: Is a directory"),
    ],
)
def test_a_reference_that_cannot_be_read_is_an_error_without_a_value(reader, text, words):
    with pytest.raises(SecretError, match=words) as error:
        reader.read(text)
    assert "hunter2" not in str(error.value)
    assert "not-yours" not in str(error.value)


def test_without_a_secrets_folder_no_file_is_read():
    with pytest.raises(SecretError, match="name one with --secrets"):
        SecretReader({}).read("${file:token}")


@pytest.mark.parametrize(
    ("auth", "headers"),
    [
        (None, {}),
        ({}, {}),
        ({"bearer": "${env:TOKEN}"}, {"Authorization": "Bearer from-env"}),
        (
            {"username": "ops", "password": "${file:token}"},
            {"Authorization": "Basic b3BzOmZyb20tZmlsZQ=="},
        ),
        (
            {"username": "${env:TOKEN}", "password": "${file:token}"},
            {"Authorization": "Basic ZnJvbS1lbnY6ZnJvbS1maWxl"},
        ),
        ({"header": "X-Api-Key", "value": "key ${env:TOKEN}"}, {"X-Api-Key": "key from-env"}),
        # echo -n '{"a":1}' | openssl dgst -sha256 -hmac from-env
        ({"hmac": "${env:TOKEN}"}, {"X-Signature": SIGNATURE}),
        ({"hmac": "${env:TOKEN}", "header": "X-Sig"}, {"X-Sig": SIGNATURE}),
    ],
)
def test_auth_becomes_a_header(reader, auth, headers):
    assert read_credentials(auth, reader, b'{"a":1}').headers == headers


@pytest.mark.parametrize(
    "auth",
    [
        {"bearer": "hunter2"},
        {"bearer": "${env:TOKEN}", "extra": "x"},
        {"username": "ops", "password": "hunter2"},
        {"username": "ops"},
        {"header": "X Y", "value": "${env:TOKEN}"},
        {"header": "X-Y\r\nZ", "value": "${env:TOKEN}"},
        {"none": "x"},
        {"hmac": "${env:TOKEN}", "value": "x"},
        {"hmac": "${env:TOKEN}", "header": "a b"},
        {"bearer": 7},
    ],
)
def test_auth_of_another_shape_is_an_error(reader, auth):
    with pytest.raises(SecretError) as error:
        read_credentials(auth, reader)
    assert "hunter2" not in str(error.value)


def test_all_forms_of_a_secret_are_concealed():
    forms = concealed_forms([Secret(CANARY), Secret("abc")])
    text = (
        f"{CANARY} aHVudGVyMiAmIFPDtmhuZQ== 68756e7465723220262053c3b6686e65 "
        "hunter2%20%26%20S%C3%B6hne hunter2+%26+S%C3%B6hne abc"
    )
    assert conceal(text, forms) == "*** *** *** *** *** abc"


def test_a_secret_within_another_leaves_nothing_of_the_longer():
    forms = concealed_forms([Secret("hunter2"), Secret("hunter2-long")])
    assert conceal("hunter2-long", forms) == "***"

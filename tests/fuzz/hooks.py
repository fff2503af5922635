"""Leads schemathesis into the shop: countries that are sold in, goods that are there, a cart and an order.

Every third case is left as it was made, so that what is not there is asked for too.
"""

import json
import os
import urllib.request
from itertools import count

import schemathesis

BASE = os.environ["FUZZ_BASE"]
SKUS = json.loads(os.environ["FUZZ_SKUS"])
ACCESS = os.environ["FUZZ_ACCESS"]
ORDER = json.loads(os.environ["FUZZ_ORDER"])
COUNTRIES = ["de", "ch", "gb", "jp", "ae", "us", "DE"]
# A cart gets full; another one is begun after so many cases.
CASES_OF_A_CART = 25

made = count()
cart = None


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Names what is there, where requests name it; answers are held against what the service says."""
    raw_schema["components"]["schemas"]["NewLine"]["properties"]["sku"] = {"type": "string", "enum": SKUS}
    for item in raw_schema["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", []):
                if parameter.get("name") == "country":
                    parameter["schema"]["enum"] = COUNTRIES


def new_cart():
    body = json.dumps({"sku": SKUS[next(made) % len(SKUS)]}).encode()
    request = urllib.request.Request(
        f"{BASE}/api/v1/de/cart/lines", body, {"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())["token"]
    except urllib.error.HTTPError:
        # These goods are sold out.
        return None


@schemathesis.hook
def before_call(context, case, kwargs):
    """Shops with a cart that is there, at its country."""
    global cart
    number = next(made)
    path = case.operation.path
    if number % 3 == 0 or "{country}" not in path:
        return
    if cart is None or number % CASES_OF_A_CART == 1:
        cart = new_cart() or cart
    if cart and "Vitrine-Cart" in [parameter.name for parameter in case.operation.headers]:
        case.headers["Vitrine-Cart"] = cart
        case.path_parameters["country"] = "de"
    if "access" in (case.path_parameters or {}):
        case.path_parameters |= {"access": ACCESS, "country": "de"}
    if path.endswith("/cart/lines/{line}"):
        case.path_parameters["line"] = "1"
    if path.endswith("/checkout/orders") and number % 3 == 1 and isinstance(case.body, dict):
        case.body["details"] = ORDER["details"]

#!/usr/bin/env python3
"""Makes the related products of the generated views distinct, in place, before either side reads them.

usage: distinct.py DATADIR

The generator draws related products with repeats; a shop refuses a product that is named twice. A repeat becomes the
next product of the same category, so both sides show four different cards.
"""
import glob
import json
import os
import sys

CATEGORIES = 40


def distinct(product, products):
    taken, related = {product["id"] - 1}, []
    members = range((product["id"] - 1) % CATEGORIES, len(products), CATEGORIES)
    for entry in product["related"]:
        start = members.index(entry["i"]) if entry["i"] in members else 0
        rotated = [members[(start + step) % len(members)] for step in range(len(members))]
        free = next((index for index in rotated if index not in taken), None)
        if free is not None:
            taken.add(free)
            related.append({"cat": products[free]["cat"], "slug": products[free]["slug"], "i": free})
    return related


def main(data):
    related = None
    for path in sorted(glob.glob(f"{data}/views/*.json")):
        with open(path) as file:
            view = json.load(file)
        # Which products are related does not depend on the country.
        related = related or [distinct(product, view["products"]) for product in view["products"]]
        for product, distinct_ones in zip(view["products"], related):
            product["related"] = distinct_ones
        with open(f"{path}.new", "w") as file:
            json.dump(view, file, ensure_ascii=False)
        os.replace(f"{path}.new", path)


if __name__ == "__main__":
    main(*sys.argv[1:])

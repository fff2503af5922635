#!/usr/bin/env python3
"""Proves that Hugo's pages and ours say the same: texts, links, pictures, alternates, structured data, sitemaps.

usage: compare.py HUGO OURS [--sample N | --all] [--json]

HUGO and OURS are the folders the two sides wrote. Every page of Hugo's must have its counterpart; of those, N seeded
ones (200 without a word) or all are read and compared. Exit 1 if anything differs that is not listed here;
with --json the report says so instead.

What may differ, and why:
  addresses     Hugo: /<base>/<category>/<product>/ and /<base>/pages/<page>/, ours: /<base>/p/<product>/,
                /<base>/c/<category>/, /<base>/<page>/; page 2 of a listing is page/2/ there and 2/ here
  numbers       prices and ratings are compared as numbers: Hugo prints what the catalog's generator wrote,
                ours are formatted for the locale
  net price     Hugo prints a net amount that stands ready in its data; ours has no such value
  home cards    Hugo's home page shows 24 products; a content folder may not name products of a feed, so ours has none
  reviews       ours shows the newest first, and may show fewer: then they must be the newest; the report counts them
  alternates    of a listing's second page: Hugo's layouts name the first pages, ours the second ones
  picture width the two ask the image service for other widths of the same pictures; a card's alternative text is the
                picture's (it ends in its number), Hugo's is the product's name
  reviews' data in the product's JSON-LD there, in a document of their own here
  sku           in structured data on both sides; Hugo has it in form and buttons too
  more of ours  canonical on every page, x-default, BreadcrumbList, availability on page two of listings, robots.txt,
                404, manifest, country chooser
  more of Hugo  redirects from page/1/ to a listing
"""
import argparse
import collections
import glob
import html.parser
import json
import os
import random
import re
import sys
import urllib.parse

ORIGIN = "https://shop.example"
VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source"}
CATEGORY = re.compile(r"cat-\d\d-")
PRODUCT = re.compile(r"p\d{5}-")


def place(url):
    """What an address stands for, in the same words for both sides."""
    url = urllib.parse.unquote(url.removeprefix(ORIGIN))
    if not url.startswith("/") or "." in url:
        return url
    parts = [part for part in url.split("/") if part]
    base, rest = (parts[0], parts[1:]) if parts else ("", [])
    if rest and rest[0] in ("pages", "p", "c"):
        rest = rest[1:]
    elif len(rest) > 1 and PRODUCT.match(rest[1]):
        rest = rest[1:]
    if rest and CATEGORY.match(rest[0]):
        number = rest[-1] if rest[-1].isdigit() else "1"
        rest = [rest[0], number]
    elif rest and PRODUCT.match(rest[0]):
        # A product with one variant has one page, also under the variant's address.
        rest = rest[:1]
    return "/".join(["", base, *rest])


def picture(url):
    return re.sub(r"-\d+\.webp$", "", url)


def amount(text):
    return int(re.sub(r"\D", "", text) or -1)


def rating(text):
    return f"{float(text.replace(',', '.')):.1f}"


class Page(html.parser.HTMLParser):
    """What a page shows, in order."""

    def __init__(self, source, without_cards):
        super().__init__()
        self.without_cards = without_cards
        self.open = []
        self.title = self.description = None
        self.texts, self.reviews, self.links, self.pictures = [], [], [], []
        self.candidates = 0
        self.alternates, self.data, self.og = {}, {}, {}
        self.feed(source)

    def inside(self, tag=None, of=None):
        return any((tag is None or tag == name) and (of is None or of in classes) for name, classes in self.open)

    def skipped(self):
        return self.without_cards and self.inside(of="cards")

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        classes = (attributes.get("class") or "").split()
        if tag not in VOID:
            self.open.append((tag, classes))
        if self.skipped():
            return
        if tag == "article" and "review" in classes:
            self.reviews.append([])
        for name in ("href", "action"):
            if name in attributes and tag in ("a", "form"):
                self.links.append(place(attributes[name]))
        if tag == "img":
            sizes = [part.split()[0] for part in attributes["srcset"].split(",")]
            self.candidates += len(sizes)
            names = {picture(url) for url in [attributes["src"], *sizes]}
            alt = re.sub(r" \d$", "", attributes["alt"]) if "card__img" in classes else attributes["alt"]
            self.pictures.append((*sorted(names), alt, attributes.get("loading")))
        if tag == "meta" and attributes.get("name") == "description":
            self.description = attributes["content"]
        if tag == "meta" and "property" in attributes:
            self.og[attributes["property"]] = attributes["content"]
        if tag == "link" and attributes.get("rel") == "alternate" and attributes["hreflang"] != "x-default":
            self.alternates[attributes["hreflang"]] = place(attributes["href"])

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        text = " ".join(data.split())
        if not text or self.skipped():
            return
        tag = self.open[-1][0] if self.open else ""
        if tag == "title":
            self.title = text
        elif tag == "script":
            if text.startswith("{"):
                document = json.loads(data)
                self.data.setdefault(document["@type"], {}).update(document)
        elif self.inside("body"):
            found = self.shown(text)
            into = self.reviews[-1] if self.reviews and self.inside(of="review") else self.texts
            into.extend(found)

    def shown(self, text):
        if self.inside(of="price"):
            return [amount(text)]
        if self.inside(of="stars"):
            return [rating(text)]
        if self.inside("small"):
            text = re.sub(r"\s*\(.*\)$", "", text)
        text = re.sub(r"(\d)(?:[.,](\d))?/5\)", lambda found: f"{found[1]}.{found[2] or 0}/5)", text)
        return text.split()


def structured(page):
    """The product's data as far as both sides give it."""
    product = page.data.get("Product")
    if not product:
        return None
    offer = product["offers"]
    review = [
        (entry["author"]["name"], entry["datePublished"], entry["name"], entry["reviewBody"], int(entry["reviewRating"]["ratingValue"]))
        for entry in product["review"]
    ]
    return {
        "sku": product["sku"],
        "name": product["name"],
        "description": product["description"],
        "brand": product["brand"]["name"],
        "image": product["image"],
        "price": f'{float(offer["price"]):.2f}',
        "currency": offer["priceCurrency"],
        "availability": offer["availability"].removeprefix("https://schema.org/"),
        "rating": rating(str(product["aggregateRating"]["ratingValue"])),
        "count": int(product["aggregateRating"]["reviewCount"]),
        "review": review,
    }


def shared(page):
    """OpenGraph as both sides have it: a title is built differently, and of a product only."""
    keys = ("og:type", "og:description", "og:image", "product:price:currency")
    found = {key: page.og.get(key) for key in keys}
    price = page.og.get("product:price:amount")
    return {**found, "price": price and f"{float(price):.2f}"}


def newest(reviews, count, date):
    """So many reviews of the newest, as a set; those of one day count in the order of the catalog."""
    return sorted(sorted(reviews, key=date, reverse=True)[:count], key=str)


def differences(hugo, ours):
    """Names and values of what differs."""
    shown = len(ours.reviews)
    reviews = [newest(page.reviews, shown, lambda words: words[-1]) for page in (hugo, ours)]
    data = [structured(page) for page in (hugo, ours)]
    for product in data:
        if product:
            product["review"] = newest(product["review"], shown, lambda entry: entry[1])
    title = hugo.title
    if len(title) > 60:
        # Search engines cut what is longer; ours leaves the store's name out.
        title = title.removesuffix(" | Shop Example")
    pairs = {
        "title": (title, ours.title),
        "description": (hugo.description, ours.description if hugo.description else None),
        "reviews": reviews,
        "texts": (hugo.texts, ours.texts),
        "links": (hugo.links, ours.links),
        "pictures": (hugo.pictures, ours.pictures),
        "alternates": [{tag: re.sub(r"/\d+$", "", url) for tag, url in page.alternates.items()} for page in (hugo, ours)],
        "data": data,
        "og": (shared(hugo), shared(ours)),
    }
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def first_difference(pair):
    left, right = pair
    if isinstance(left, list) and isinstance(right, list):
        for index, (one, other) in enumerate(zip(left, right)):
            if one != other:
                return f"at {index}: {one!r} / {other!r}"
        return f"{len(left)} / {len(right)} entries"
    if isinstance(left, dict) and isinstance(right, dict):
        key = next(key for key in {**left, **right} if left.get(key) != right.get(key))
        return f"{key}: {left.get(key)!r} / {right.get(key)!r}"
    return f"{left!r} / {right!r}"


def pages(root):
    """Every page by what its address stands for."""
    found = {}
    for path in glob.iglob(f"{root}/*/**/index.html", recursive=True):
        url = "/" + os.path.relpath(path, root).removesuffix("index.html")
        if not url.endswith("/page/1/"):
            found[place(url)] = path
    return found


def sitemap(root):
    urls = set()
    for path in glob.iglob(f"{root}/*/sitemap*.xml"):
        with open(path) as file:
            urls.update(place(url) for url in re.findall(r"<loc>(https://shop\.example/[^<]*/)</loc>", file.read()))
    return urls


def read(path, url):
    with open(path) as file:
        return Page(file.read(), without_cards=url.count("/") == 1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("hugo")
    parser.add_argument("ours")
    parser.add_argument("--sample", type=int, default=200)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    hugo, ours = pages(asked.hugo), pages(asked.ours)
    wrong = [f"{url}: only {'Hugo' if url in hugo else 'ours'} has it" for url in sorted(hugo.keys() ^ ours.keys())]
    maps = sitemap(asked.hugo) ^ sitemap(asked.ours)
    # Hugo's sitemap names a listing once, ours each of its pages.
    wrong += [f"{url}: in one sitemap only" for url in sorted(maps) if not re.search(r"/cat-[^/]*/\d+$", url) or url.endswith("/1")]
    common = sorted(hugo.keys() & ours.keys())
    chosen = common if asked.all else random.Random(1).sample(common, min(asked.sample, len(common)))
    counts, equal, candidates, reviews = collections.Counter(), 0, [0, 0], [0, 0]
    for url in chosen:
        pair = read(hugo[url], url), read(ours[url], url)
        candidates = [candidates[side] + pair[side].candidates for side in (0, 1)]
        reviews = [reviews[side] + len(pair[side].reviews) for side in (0, 1)]
        found = differences(*pair)
        equal += not found
        for name, values in found.items():
            counts[name] += 1
            if counts[name] <= 3:
                wrong.append(f"{url}: {name}: {first_difference(values)}")
    report = {
        "pages": len(common), "compared": len(chosen), "equal": equal, "differences": dict(counts),
        "picture_candidates": candidates, "reviews": reviews, "wrong": wrong[:50],
    }
    if asked.json:
        print(json.dumps(report))
        return 0
    print(f"{equal} of {len(chosen)} compared pages are equal ({len(common)} pages on both sides)")
    print(f"shown by Hugo and by ours: {reviews[0]} / {reviews[1]} reviews, {candidates[0]} / {candidates[1]} picture addresses")
    print("\n".join(wrong[:50]), end="\n" if wrong else "")
    return 1 if wrong or equal < len(chosen) else 0


if __name__ == "__main__":
    sys.exit(main())

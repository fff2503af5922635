#!/usr/bin/env python3
"""Turns the generated views into what Vitrine imports.

usage: to_store.py DATADIR OUTDIR THEME TEMPLATES

OUTDIR/content      a content folder: store, countries, attributes, categories, pages, navigation, words
OUTDIR/feed.ndjson  a full catalog feed (docs/feed.md) with all products
OUTDIR/theme        THEME with the list of countries filled in and the icons of TEMPLATES

One view is in memory at a time; what several countries contribute to a product meets in line files.
"""
import json
import os
import shutil
import sys

WIDTHS = [320, 480, 640, 960, 1600]
SIZES = ["XS", "S", "M", "L", "XL", "XXL"]
ICONS = ["icon-180.png", "icon-192.png", "icon-512.png"]
# Words that the shop says with arguments, and words that this catalog has no text for.
MESSAGES = """review_count = { $count }
rating_label = { $value }
page_of = { $page } / { $pages }
page_title = { $title } ({ $page })
product_count = { $count }
price_from = { $price }
save_amount = { $amount }
prior_price = { $price }
availability_low = 0
availability_backorder = 0
chooser_title = Shop Example
chooser_lead = Shop Example
not_found_title = 404
not_found_text = 404
redirect_label = 301
verified_buyer = 0
"""


def text(value):
    """A TOML string."""
    return json.dumps(value, ensure_ascii=False)


def front(values, body=""):
    lines = "".join(f"{key} = {text(value)}\n" for key, value in values.items())
    return f"+++\n{lines}+++\n{body}"


class Folder:
    def __init__(self, root):
        self.root = root

    def write(self, path, content):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(content)


def store(folder, locs):
    folder.write("store.toml", f"""id = "bench"
name = "Shop Example"
origin = "https://shop.example"
default_country = {text(locs[0]["country"])}

[organization]
legal_name = "Shop Example"
street = "Street 1"
postcode = "10000"
city = "City"
country = {text(locs[0]["country"])}
email = "mail@shop.example"
""")
    for country in dict.fromkeys(loc["country"] for loc in locs):
        here = [loc for loc in locs if loc["country"] == country]
        editions = "".join(f'\n[[locales]]\nlocale = {text(loc["hreflang"])}\npath = "/{loc["code"]}/"\n' for loc in here)
        folder.write(f"countries/{country.lower()}.toml", f"""currency = {text(here[0]["currency"])}
time_zone = "Europe/Berlin"
legal_notes = ["note_vat"]
{editions}
[tax]
included = true
[tax.rates]
standard = "{here[0]["vat"]:g}"
""")


def schema(folder, count):
    ids = [f"spec{number:02}" for number in range(1, count + 1)]
    attributes = "".join(f'[attribute.{id}]\ntype = "text"\n\n' for id in ids)
    folder.write("attributes/attributes.toml", f"""{attributes}[attribute.sizes]
type = "choice"
values = {json.dumps(SIZES)}

[type.thing]
attributes = {json.dumps(ids + ["sizes"])}
""")


def navigation(folder, view):
    main = [f'category:{entry["slug"]}' for entry in view["nav"]]
    items = [f'page:{page["slug"]}' for page in view["footer"]]
    folder.write("navigation.toml", f'main = {json.dumps(main)}\n\n[[footer]]\ntitle = "pages"\nitems = {json.dumps(items)}\n')
    for rank, entry in enumerate(view["nav"]):
        folder.write(f'categories/{entry["slug"]}/category.toml', f"rank = {rank}\n")
    for page in view["pages"]:
        folder.write(f'pages/{page["slug"]}/page.toml', 'kind = "page"\n')
    categories = json.dumps([entry["slug"] for entry in view["nav"]])
    folder.write("pages/home/page.toml", f'kind = "home"\nfeatured = []\ncategories = {categories}\n')


def language(folder, view):
    """What countries of one language share."""
    lang = view["loc"]["lang"]
    words = "".join(f"{id} = {word}\n" for id, word in view["ui"].items())
    folder.write(f"strings/{lang}.ftl", f'{words}availability_in = {view["ui"]["instock"]}\n'
                 f'availability_out = {view["ui"]["outstock"]}\n{MESSAGES}')
    specs = view["products"][0]["specs"]
    labels = "".join(f'spec{number:02} = {text(spec["k"])}\n' for number, spec in enumerate(specs, 1))
    values = "".join(f"{size} = {text(size)}\n" for size in SIZES)
    folder.write(f"attributes/{lang}.toml", f'[label]\n{labels}sizes = {text(view["ui"]["buy"])}\n\n'
                 f'[value.sizes]\n{values}\n[type]\nthing = "0"\n')
    for entry in view["nav"]:
        folder.write(f'categories/{entry["slug"]}/{lang}.md', front({"name": entry["name"], "slug": entry["slug"]}))
    for page in view["pages"]:
        values = {"title": page["title"], "slug": page["slug"], "description": page["summary"][:160]}
        folder.write(f'pages/{page["slug"]}/{lang}.md', front(values, page["body"]))
    folder.write(f"pages/home/{lang}.md", front({"title": "Shop Example", "headline": "Shop Example"}))


def country(folder, view):
    """What is a country's own."""
    loc = view["loc"]
    vat = f'{loc["vat"]:g}'
    folder.write(f'strings/{loc["hreflang"]}.ftl', f'loc = {loc["code"]}\ncountry_code = {loc["country"]}\nvat_rate = {vat}\n'
                 f'note_vat = {view["ui"]["vat"]} {vat}%\n')
    folder.write(f'pages/home/{loc["hreflang"]}.md', front({"title": f'Shop Example {loc["country"]}'}))


def product(source, lang):
    """The facts that hold everywhere; texts and prices follow from each view."""
    return {
        "id": source["slug"],
        "type": "thing",
        "brand": source["brand"],
        "tax_class": "standard",
        "categories": [{"id": source["cat"], "rank": source["id"]}],
        "media": [{"url": f"{image}-{{width}}.webp", "widths": WIDTHS, "width": 800, "height": 800} for image in source["images"]],
        "related": [entry["slug"] for entry in source["related"]],
        "attributes": {"sizes": source["sizes"]},
        "variants": [{"sku": source["sku"], "availability": "in" if source["instock"] else "out"}],
        "reviews": [{"lang": lang, **review} for review in source["reviews"]],
    }


def localized(source):
    return {
        "name": source["name"],
        "slug": source["slug"],
        "title": f'{source["name"]} - {source["brand"]}',
        "summary": source["summary"],
        "body": source["desc"],
        "attributes": {f"spec{number:02}": spec["v"] for number, spec in enumerate(source["specs"], 1)},
    }


def feed(out, parts, count):
    """Joins the line files of facts, texts and prices."""
    langs, countries, facts = parts
    files = {name: open(f"{out}/parts/{name}") for name in [*langs, *countries, facts]}
    with open(f"{out}/feed.ndjson", "w") as lines:
        def put(value):
            lines.write(json.dumps(value, ensure_ascii=False) + "\n")
        put({"feed": "vitrine-catalog", "version": 1, "store": "bench", "mode": "full"})
        for _ in range(count):
            item = json.loads(files[facts].readline())
            item["texts"] = {lang: json.loads(files[lang].readline()) for lang in langs}
            for number, picture in enumerate(item["media"], 1):
                picture["alt"] = {lang: f'{words["name"]} {number}' for lang, words in item["texts"].items()}
            item["variants"][0]["prices"] = {code: {"amount": files[code].readline().strip()} for code in countries}
            put({"product": item})
        put({"end": {"products": count}})
    for file in files.values():
        file.close()
    shutil.rmtree(f"{out}/parts")


def theme(out, source, templates, locs):
    shutil.copytree(source, f"{out}/theme")
    for icon in ICONS:
        shutil.copy(f"{templates}/assets/{icon}", f"{out}/theme/assets/{icon}")
    items = "".join(f'<li><a href="/{loc["code"]}/" hreflang="{loc["hreflang"]}">{loc["country"]} ({loc["currency"]})</a></li>\n' for loc in locs)
    with open(f"{out}/theme/parts/countries.html", "w") as file:
        file.write(items)


def main(data, out, theme_source, templates):
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(f"{out}/parts")
    folder = Folder(f"{out}/content")
    with open(f"{data}/meta.json") as file:
        meta = json.load(file)
    langs, countries, base = [], [], sorted(loc["lang"] for loc in meta["locs"])[0]
    for loc in meta["locs"]:
        with open(f'{data}/views/{loc["code"]}.json') as file:
            view = json.load(file)
        if not langs:
            store(folder, meta["locs"])
            schema(folder, len(view["products"][0]["specs"]))
            navigation(folder, view)
            with open(f"{out}/parts/facts", "w") as file:
                file.writelines(json.dumps(product(source, base), ensure_ascii=False) + "\n" for source in view["products"])
        country(folder, view)
        if loc["lang"] not in langs:
            langs.append(loc["lang"])
            language(folder, view)
            with open(f'{out}/parts/{loc["lang"]}', "w") as file:
                file.writelines(json.dumps(localized(source), ensure_ascii=False) + "\n" for source in view["products"])
        # A price is a country's: of two languages of one country the first one's counts.
        if loc["country"] not in countries:
            countries.append(loc["country"])
            with open(f'{out}/parts/{loc["country"]}', "w") as file:
                file.writelines(f'{source["price"]:.2f}\n' for source in view["products"])
    feed(out, (langs, countries, "facts"), meta["P"])
    theme(out, theme_source, templates, meta["locs"])


if __name__ == "__main__":
    main(*sys.argv[1:])

//! Chains of edits that a dependency is easily forgotten in, each compared with a full build.

use toml::Value;

use crate::content::{Content, set_strings, tables};
use crate::edits::copy_product;
use crate::shop::Shop;
use crate::sqlite;
use crate::world::World;

/// The demo shop, imported and built.
async fn built() -> (World, Shop) {
    let shop = Shop::new();
    let db = sqlite(&shop.path("")).await;
    let mut world = World::new(&db, &shop.path("content"));
    world.import_and_build().await;
    (world, shop)
}

impl World {
    async fn import_and_build(&mut self) {
        self.import().await.unwrap();
        self.build().await;
    }

    async fn assert_full(&mut self, when: &str) {
        if let Some(difference) = self.difference().await {
            panic!("{when}: {difference}");
        }
    }

    /// Builds after an edit, and compares.
    async fn follow(&mut self, what: &str) {
        self.import_and_build().await;
        self.assert_full(what).await;
    }
}

/// Menus stand on every page: what is in none of them shows who else depends on it.
fn short_menus(content: &Content) {
    let mut navigation = content.table("navigation.toml");
    for column in tables(&mut navigation, "footer") {
        set_strings(column, "items", &["page:about".to_owned()]);
    }
    set_strings(&mut navigation, "main", &["category:beds".to_owned()]);
    content.put_table("navigation.toml", &navigation);
}

fn set(content: &Content, file: &str, key: &str, value: impl Into<Value>) {
    let mut table = content.table(file);
    table.insert(key.to_owned(), value.into());
    content.put_table(file, &table);
}

fn set_front(content: &Content, file: &str, key: &str, value: &str) {
    let mut text = content.text(file);
    text.front.insert(key.to_owned(), value.into());
    content.put_text(file, &text);
}

fn append(content: &Content, file: &str, block: &str) {
    let mut text = content.text(file);
    text.body = format!("{}\n\n{block}\n", text.body.trim_end());
    content.put_text(file, &text);
}

fn moment(world: &World, days: i64) -> Value {
    Value::Datetime(world.as_of.plus_days(days).to_rfc3339().parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_removed_and_comes_back() {
    let (mut world, _shop) = built().await;
    short_menus(&world.content);
    world.import_and_build().await;
    for path in ["categories/linen", "products/cloud", "pages/returns", "media/pillow-arc.jpg"] {
        world.content.park(path);
        world.follow(&format!("{path} is removed")).await;
        world.new_process();
        world.content.bring_back(path);
        world.follow(&format!("{path} is back")).await;
        // Between two builds, so that only the log of changes tells.
        for new_process in [false, true] {
            for _ in 0..2 {
                world.content.park(path);
                world.import().await.unwrap();
                world.content.bring_back(path);
                world.import().await.unwrap();
            }
            if new_process {
                world.new_process();
            }
            world.follow(&format!("{path} was away")).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_and_went_while_only_one_country_was_built() {
    let (mut world, _shop) = built().await;
    for _ in 0..2 {
        for step in ["park", "bring back", "park"] {
            match step {
                "park" => world.content.park("products/arc"),
                _ => world.content.bring_back("products/arc"),
            }
            world.import().await.unwrap();
            world.try_build(&["DE"]).await.unwrap();
        }
        world.build().await;
        world.assert_full("arc is removed").await;
        world.content.bring_back("products/arc");
        world.follow("arc is back").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn links_to_what_is_not_there_yet() {
    let (mut world, _shop) = built().await;
    let content = &world.content;
    append(content, "pages/care/de.md", "Siehe [dies](product:arc), und\n\n::product arc");
    append(content, "categories/beds/de.md", "::product arc");
    append(content, "products/cloud/de.md", "Siehe [dies](page:about) und [das](category:linen).");
    world.follow("links").await;
    for path in ["products/arc", "pages/about", "categories/linen"] {
        world.content.park(path);
    }
    world.follow("their targets are gone").await;
    world.new_process();
    world.content.bring_back("products/arc");
    set(&world.content, "products/arc/product.toml", "status", "draft");
    world.follow("the product is back, as a draft").await;
    set(&world.content, "products/arc/product.toml", "status", "published");
    world.follow("the product is published").await;
    world.content.bring_back("pages/about");
    world.content.bring_back("categories/linen");
    world.follow("all are back").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn categories_that_move_and_change_their_order() {
    let (mut world, _shop) = built().await;
    set(&world.content, "categories/bedding/category.toml", "parent", "beds");
    world.follow("a grandparent").await;
    set(&world.content, "categories/linen/category.toml", "parent", "pillows");
    world.follow("a grandchild moves away").await;
    set(&world.content, "categories/linen/category.toml", "rank", 90);
    set(&world.content, "categories/protection/category.toml", "parent", "linen");
    world.follow("and takes another below").await;
    world.content.restore("categories/linen");
    world.content.restore("categories/protection");
    world.follow("and back").await;
    set_front(&world.content, "categories/beds/de.md", "name", "Schlafstätten");
    set_front(&world.content, "categories/beds/de.md", "slug", "schlafstaetten");
    world.follow("the top is renamed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bundles_show_what_they_consist_of() {
    let (mut world, _shop) = built().await;
    set(&world.content, "products/bundle-rest/product.toml", "related", Value::Array(Vec::new()));
    for lang in world.content.langs("products", "bundle-rest") {
        let file = format!("products/bundle-rest/{lang}.md");
        let mut text = world.content.text(&file);
        text.body = "Words.\n".to_owned();
        world.content.put_text(&file, &text);
    }
    world.follow("a bundle that names its parts only").await;
    set_front(&world.content, "products/drift/de.md", "name", "Driftete");
    set_front(&world.content, "products/drift/fr.md", "slug", "drifte");
    world.follow("a part is renamed").await;
    let other = world.content.raw("media/bed-oak.jpg");
    world.content.put_raw("media/pillow-drift.jpg", &other);
    world.follow("a part's picture is replaced").await;
    set(&world.content, "products/drift/product.toml", "status", "draft");
    world.follow("a part is a draft").await;
    let another = world.content.raw("media/bed-linen.jpg");
    world.content.put_raw("media/pillow-drift.jpg", &another);
    world.follow("the picture of a hidden part is replaced").await;
    let mut table = world.content.table("products/drift/product.toml");
    table.insert("status".to_owned(), "published".into());
    tables(&mut table, "variants")[0].insert("sku".to_owned(), "DRIFT-OTHER".into());
    world.content.put_table("products/drift/product.toml", &table);
    world.follow("a part has another SKU").await;
    world.new_process();
    world.content.restore("products/drift");
    world.follow("and its own again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_every_product_names() {
    let (mut world, _shop) = built().await;
    short_menus(&world.content);
    world.import_and_build().await;
    for page in ["returns", "shipping", "contact"] {
        for lang in ["de", "en"] {
            set_front(&world.content, &format!("pages/{page}/{lang}.md"), "slug", &format!("moved-{page}"));
        }
        world.follow(&format!("{page} has another address")).await;
    }
    set(&world.content, "pages/home/page.toml", "hero", "bed-linen.jpg");
    world.follow("another hero, shown when any page is shared").await;
    let mut alts = world.content.table("media/de.toml");
    alts.insert("bed-linen.jpg".to_owned(), "Ein Bett".into());
    world.content.put_table("media/de.toml", &alts);
    world.follow("its words").await;
    set_strings_of(&world.content, "pages/home/page.toml", "featured", &["arc", "terra"]);
    world.follow("other products on the home page and where nothing is found").await;
    set_strings_of(&world.content, "pages/home/page.toml", "countries", &["DE", "CH", "GB", "JP"]);
    world.import().await.unwrap();
    world.follow("a home page that one country lacks").await;
}

fn set_strings_of(content: &Content, file: &str, key: &str, items: &[&str]) {
    let items: Vec<String> = items.iter().map(|item| (*item).to_owned()).collect();
    let mut table = content.table(file);
    set_strings(&mut table, key, &items);
    content.put_table(file, &table);
}

/// More products than a batch holds, so that cards come from other batches.
#[tokio::test(flavor = "multi_thread")]
async fn cards_of_other_batches() {
    let shop = Shop::new();
    let db = sqlite(&shop.path("")).await;
    let mut world = World::new(&db, &shop.path("content"));
    for number in 0..60 {
        let id = format!("crowd-{number:02}");
        copy_product(&world.content, "arc", &id);
        let file = format!("products/{id}/product.toml");
        let mut table = world.content.table(&file);
        table.get_mut("variants").and_then(Value::as_array_mut).unwrap().truncate(1);
        tables(&mut table, "variants")[0]["prices"] =
            toml::Table::from_iter([("DE".to_owned(), Value::Integer(20))]).into();
        set_strings(&mut table, "related", &[format!("crowd-{:02}", (number + 55) % 60)]);
        world.content.put_table(&file, &table);
    }
    world.import_and_build().await;
    for number in [3, 30, 57] {
        let file = format!("products/crowd-{number:02}/product.toml");
        set(&world.content, &file, "publish_at", moment(&world, 2));
    }
    world.follow("some will be published").await;
    world.as_of = world.as_of.plus_days(3);
    set(&world.content, "store.toml", "name", "Cumulus");
    world.follow("their time has come, in a sweep").await;
    let mut alts = world.content.table("media/de.toml");
    alts.insert("pillow-arc.jpg".to_owned(), "Ein Kissen".into());
    world.content.put_table("media/de.toml", &alts);
    world.follow("their picture has other words").await;
    let other = world.content.raw("media/bed-oak.jpg");
    world.content.put_raw("media/pillow-arc.jpg", &other);
    world.follow("their picture is another").await;
    // The listing of pillows now has three pages in Germany and one elsewhere.
    let mut table = world.content.table("products/crowd-07/product.toml");
    let prices = tables(&mut table, "variants").remove(0)["prices"].as_table_mut().unwrap();
    prices.insert("GB".to_owned(), Value::Integer(20));
    world.content.put_table("products/crowd-07/product.toml", &table);
    world.follow("one comes to another country").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn listings_that_grow_a_page_in_one_country() {
    let shop = Shop::new();
    let db = sqlite(&shop.path("")).await;
    let mut world = World::new(&db, &shop.path("content"));
    let price = |code: &str| (code.to_owned(), Value::Integer(20));
    for number in 0..23 {
        let id = format!("crowd-{number:02}");
        copy_product(&world.content, "arc", &id);
        let file = format!("products/{id}/product.toml");
        let mut table = world.content.table(&file);
        table.get_mut("variants").and_then(Value::as_array_mut).unwrap().truncate(1);
        // 24 in Great Britain, 25 in Germany.
        let prices = if number == 0 { vec![price("DE")] } else { vec![price("DE"), price("GB")] };
        tables(&mut table, "variants")[0]["prices"] = toml::Table::from_iter(prices).into();
        world.content.put_table(&file, &table);
    }
    world.import_and_build().await;
    let file = "products/crowd-00/product.toml";
    let offer = |world: &World, codes: &[&str]| {
        let mut table = world.content.table(file);
        let prices = codes.iter().map(|code| ((*code).to_owned(), Value::Integer(20)));
        tables(&mut table, "variants")[0]["prices"] = toml::Table::from_iter(prices).into();
        world.content.put_table(file, &table);
    };
    offer(&world, &["DE", "GB"]);
    world.import().await.unwrap();
    world.try_build(&["GB"]).await.unwrap();
    world.build().await;
    world.assert_full("a second page in Great Britain, built first there").await;
    offer(&world, &["GB"]);
    world.follow("no second page in Germany any more").await;
    offer(&world, &["DE", "GB"]);
    world.follow("and again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_addresses_through_renames_removals_and_time() {
    let (mut world, _shop) = built().await;
    let arc = "products/arc/de.md";
    let first = world.content.text(arc).front["slug"].as_str().unwrap().to_owned();
    set_front(&world.content, arc, "slug", "zweite");
    world.follow("a rename").await;
    set_front(&world.content, arc, "slug", "dritte");
    world.follow("another").await;
    set_front(&world.content, "products/drift/de.md", "slug", &first);
    world.follow("another product takes the first address").await;
    set_front(&world.content, "products/arc/de-CH.md", "slug", "zweite");
    world.follow("Switzerland takes an address that leads on elsewhere").await;
    set(&world.content, "products/arc/product.toml", "unpublish_at", moment(&world, 1));
    world.follow("it will go").await;
    world.as_of = world.as_of.plus_days(2);
    world.follow("it is gone for now: its old addresses lead nowhere").await;
    world.as_of = world.as_of.plus_days(-2);
    world.follow("time goes back").await;
    for path in ["products/arc", "products/drift"] {
        world.content.park(path);
    }
    world.follow("both are gone: their addresses say so").await;
    world.content.bring_back("products/arc");
    world.follow("one is back").await;
    let redirects =
        "[[redirect]]\nfrom = \"/de/p/dritte/\"\nto = \"page:about\"\n\n[[gone]]\npath = \"/de/p/neu/\"\n";
    world.content.put_raw("redirects.toml", redirects.as_bytes());
    world.content.park("products/arc");
    world.follow("a file leads on from where the product stood").await;
    world.content.bring_back("products/arc");
    world.follow("the product stands there again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn countries_that_go_and_come_back_alone() {
    let (mut world, _shop) = built().await;
    world.content.park("countries/gb.toml");
    world.import().await.unwrap();
    world.try_build(&["DE"]).await.unwrap();
    world.content.bring_back("countries/gb.toml");
    world.import().await.unwrap();
    world.try_build(&["GB"]).await.unwrap();
    world.build().await;
    world.assert_full("Great Britain was away").await;
    let mut table = world.content.table("countries/ch.toml");
    let locales = table.get_mut("locales").and_then(Value::as_array_mut).unwrap();
    locales.rotate_left(1);
    world.content.put_table("countries/ch.toml", &table);
    world.follow("Switzerland begins with French").await;
    let mut table = world.content.table("countries/ch.toml");
    table.get_mut("locales").and_then(Value::as_array_mut).unwrap().pop();
    world.content.put_table("countries/ch.toml", &table);
    world.follow("Switzerland has no German").await;
    world.content.restore("countries/ch.toml");
    world.follow("and again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_country_first_then_all() {
    let shop = Shop::new();
    let db = sqlite(&shop.path("")).await;
    let mut world = World::new(&db, &shop.path("content"));
    world.import().await.unwrap();
    for country in ["GB", "DE"] {
        world.try_build(&[country]).await.unwrap();
    }
    world.build().await;
    world.assert_full("one country after the other").await;
    set_front(&world.content, "products/cloud/de.md", "slug", "wolke");
    set(&world.content, "products/drift/product.toml", "publish_at", moment(&world, 1));
    world.import().await.unwrap();
    world.try_build(&["CH"]).await.unwrap();
    world.as_of = world.as_of.plus_days(2);
    world.try_build(&["DE", "AE"]).await.unwrap();
    world.new_process();
    world.build().await;
    world.assert_full("countries at different moments").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_generator_writes_the_same_bytes_and_another_process_finds_nothing_to_do() {
    let (mut world, _shop) = built().await;
    let mut other = world.another_generator();
    let other = world.full_by(&mut other).await;
    assert_eq!(crate::compare::difference(&world.out(), &other), None);
    world.new_process();
    let before = crate::compare::times(&world.out());
    world.import().await.unwrap();
    let report = world.build().await;
    assert_eq!((report.rendered, report.written, report.removed), (0, 0, 0));
    assert_eq!(crate::compare::times(&world.out()), before);
}

//! Changes taken back while a publish of them is half done.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use vitrine_core::{Country, Reason, Timestamp};
use vitrine_generator::{Job, JobRequest, Mode, Place, Renditions, Step};
use vitrine_objects::{Listed, ObjectError, Objects, Put, Stored, Version};

use crate::content::Content;
use crate::shop::Shop;
use crate::world::World;
use crate::{is_long, sqlite};

/// Who takes in what is newer.
#[derive(Clone, Copy, Debug)]
enum Meanwhile {
    /// The publish itself, when it looks for what is more urgent.
    Absorbed,
    /// Another publish, of another country, by the same generator.
    OtherCountry,
    /// The publish is dropped, as when its process is killed.
    Dropped,
}

/// Rounds between two comparisons with a full build.
const COMPARED_EVERY: usize = 5;

/// Two edits, the second of which undoes the first.
const BOTH_WAYS: [fn(&Content); 2] =
    [|content| set_status(content, "draft"), |content| set_status(content, "published")];

/// Where the product stands in editions whose language is written in ASCII.
const PRODUCT: [(&str, &str); 5] = [
    ("de", "arc-nackenstuetzkissen"),
    ("ch-de", "arc-nackenstuetzkissen"),
    ("ch-fr", "arc-oreiller-ergonomique"),
    ("gb", "arc-contour-pillow"),
    ("ae-en", "arc-contour-pillow"),
];

/// A page that leads to the product.
const LEADS_TO_IT: &str = "gb/p/drift-pillow/index.html";

/// Objects that are put, and never say so when one of them is [`LEADS_TO_IT`].
#[derive(Debug)]
struct Silent(Arc<dyn Objects>);

#[async_trait]
impl Objects for Silent {
    async fn put(&self, objects: &[Put<'_>]) -> Result<Vec<Stored>, ObjectError> {
        let stored = self.0.put(objects).await?;
        match objects.iter().any(|put| put.key == LEADS_TO_IT) {
            true => Err(ObjectError::Key { key: LEADS_TO_IT.to_owned(), why: "was put and nobody is told" }),
            false => Ok(stored),
        }
    }

    async fn delete(&self, keys: &[&str]) -> Result<(), ObjectError> {
        self.0.delete(keys).await
    }

    async fn get(&self, key: &str, version: Option<&Version>) -> Result<Option<Vec<u8>>, ObjectError> {
        self.0.get(key, version).await
    }

    async fn head(&self, key: &str) -> Result<Option<Stored>, ObjectError> {
        self.0.head(key).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Listed>, ObjectError> {
        self.0.list(prefix, after, limit).await
    }

    async fn restore(&self, key: &str, version: &Version) -> Result<Stored, ObjectError> {
        self.0.restore(key, version).await
    }

    async fn settle(&self) -> Result<(), ObjectError> {
        self.0.settle().await
    }

    async fn collect(&self, before: Timestamp) -> Result<u64, ObjectError> {
        self.0.collect(before).await
    }
}

/// A shop of its own, nothing imported yet, with the folder that its database is in.
async fn opened() -> (Shop, World) {
    let shop = Shop::new();
    let db = sqlite(&shop.path("")).await;
    let world = World::new(&db, &shop.path("content"));
    (shop, world)
}

fn set_title(content: &Content, number: usize) {
    let file = "products/drift/en.md";
    let mut text = content.text(file);
    text.front.insert("title".to_owned(), format!("Drift {number}").into());
    content.put_text(file, &text);
}

fn set_status(content: &Content, status: &str) {
    let file = "products/arc/product.toml";
    let mut table = content.table(file);
    table.insert("status".to_owned(), status.into());
    content.put_table(file, &table);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_withdrawn_and_back_at_any_step() {
    for meanwhile in [Meanwhile::Absorbed, Meanwhile::OtherCountry] {
        at_every_step(BOTH_WAYS, meanwhile).await;
    }
    if is_long() {
        at_every_step(BOTH_WAYS, Meanwhile::Dropped).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_that_comes_and_goes_at_any_step() {
    let [withdraw, bring_back] = BOTH_WAYS;
    at_every_step([bring_back, withdraw], Meanwhile::Dropped).await;
    if is_long() {
        at_every_step([bring_back, withdraw], Meanwhile::Absorbed).await;
        at_every_step([bring_back, withdraw], Meanwhile::OtherCountry).await;
    }
}

/// For the process that publishes last nothing has changed in between, but what is published is another's.
#[tokio::test(flavor = "multi_thread")]
async fn a_product_that_only_another_process_saw_go() {
    let (_shop, mut world) = opened().await;
    world.import().await.unwrap();
    world.build().await;
    let [withdraw, bring_back] = BOTH_WAYS;
    withdraw(&world.content);
    world.import().await.unwrap();
    let mut other = world.another_generator();
    other.build(&world.request(world.out(), &[], Mode::Incremental)).await.unwrap();
    bring_back(&world.content);
    world.import().await.unwrap();
    world.build().await;
    assert_eq!(world.difference().await, None);
}

/// Nobody may meet the product's links before the product, though every page is made anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_product_that_comes_with_a_new_name_of_the_shop() {
    let (_shop, mut world) = opened().await;
    set_status(&world.content, "draft");
    world.import().await.unwrap();
    world.build().await;
    set_status(&world.content, "published");
    let mut store = world.content.table("store.toml");
    store.insert("name".to_owned(), "Cumulus".into());
    world.content.put_table("store.toml", &store);
    world.import().await.unwrap();
    let mut job = world.generator.start(request(&world, &[])).await.unwrap();
    while !is_done(&mut world, &mut job).await {}
    drop(job);
    assert_eq!(world.difference().await, None);
}

/// What was removed can't be told any more, so everything is looked at; also then a product comes before its links.
#[tokio::test(flavor = "multi_thread")]
async fn a_product_that_comes_while_a_page_goes() {
    let (_shop, mut world) = opened().await;
    let [withdraw, bring_back] = BOTH_WAYS;
    withdraw(&world.content);
    world.content.copy("pages/care", "pages/extra");
    for lang in world.content.langs("pages", "extra") {
        let file = format!("pages/extra/{lang}.md");
        let mut text = world.content.text(&file);
        if let Some(toml::Value::String(slug)) = text.front.get_mut("slug") {
            slug.push_str("-extra");
        }
        world.content.put_text(&file, &text);
    }
    world.import().await.unwrap();
    world.build().await;
    bring_back(&world.content);
    world.content.park("pages/extra");
    world.import().await.unwrap();
    let mut job = world.generator.start(request(&world, &[])).await.unwrap();
    while !is_done(&mut world, &mut job).await {}
    drop(job);
    assert_eq!(world.difference().await, None);
}

/// Nobody enters a new country before all is there that its home page leads to.
#[tokio::test(flavor = "multi_thread")]
async fn a_country_that_comes() {
    let (_shop, mut world) = opened().await;
    world.content.park("countries/gb.toml");
    world.import().await.unwrap();
    world.build().await;
    world.content.bring_back("countries/gb.toml");
    world.import().await.unwrap();
    let mut job = world.generator.start(request(&world, &[])).await.unwrap();
    while !matches!(world.generator.step(&mut job).await.unwrap(), Step::Done(_)) {
        assert_eq!(missing_from_home(&world.out()), Vec::<String>::new(), "{job:?}");
    }
    drop(job);
    assert_eq!(world.difference().await, None);
}

/// Products and categories that the British home page leads to and that are not there.
fn missing_from_home(out: &Path) -> Vec<String> {
    let Ok(home) = fs::read_to_string(out.join("gb/index.html")) else { return Vec::new() };
    let links = home.split("href=\"/").skip(1).filter_map(|rest| rest.split('"').next());
    let links = links.filter(|link| link.starts_with("gb/p/") || link.starts_with("gb/c/"));
    links.filter(|link| !out.join(link).join("index.html").exists()).map(str::to_owned).collect()
}

/// A product is on its way when a page that leads to it changes: that page waits for the product.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_changes_while_the_product_it_leads_to_comes() {
    let (_shop, mut world) = opened().await;
    world.import().await.unwrap();
    let [withdraw, bring_back] = BOTH_WAYS;
    for steps in 1.. {
        withdraw(&world.content);
        world.import().await.unwrap();
        world.build().await;
        bring_back(&world.content);
        world.import().await.unwrap();
        let mut job = world.generator.start(request(&world, &[])).await.unwrap();
        let mut done = false;
        for _ in 0..steps {
            done = done || is_done(&mut world, &mut job).await;
        }
        if done {
            assert!(steps > 5, "a publish has more steps");
            return;
        }
        set_title(&world.content, steps);
        world.import().await.unwrap();
        go_on(&mut world, job, Meanwhile::Absorbed).await;
        if steps % COMPARED_EVERY == 1 {
            assert_eq!(world.difference().await, None, "after {steps} steps");
        }
    }
}

/// A publish that was killed has put pages that lead to the product, and the ledger does not know. The next is under
/// way to them when the product is withdrawn: they must no more lead to it when it goes.
#[tokio::test(flavor = "multi_thread")]
async fn a_product_withdrawn_while_pages_are_in_doubt_that_lead_to_it() {
    let (_shop, mut world) = opened().await;
    let [withdraw, bring_back] = BOTH_WAYS;
    withdraw(&world.content);
    world.import().await.unwrap();
    world.build().await;
    bring_back(&world.content);
    world.import().await.unwrap();
    let place = Place::directory(&world.out(), false).unwrap();
    let silent = Arc::new(Silent(place.objects().clone()));
    let silent = JobRequest { place: place.through(silent), ..request(&world, &[]) };
    let mut job = world.generator.start(silent).await.unwrap();
    while world.generator.step(&mut job).await.is_ok() {}
    drop(job);
    let page = fs::read_to_string(world.out().join(LEADS_TO_IT)).unwrap();
    assert!(page.contains("/p/arc-contour-pillow/"), "the page should be put, with nobody told");

    world.new_process();
    let job = world.generator.start(request(&world, &[])).await.unwrap();
    withdraw(&world.content);
    world.import().await.unwrap();
    go_on(&mut world, job, Meanwhile::Absorbed).await;
    assert_eq!(world.difference().await, None);
}

/// Publishes the first edit up to each of its steps in turn, then makes the second.
async fn at_every_step([first, second]: [fn(&Content); 2], meanwhile: Meanwhile) {
    let (_shop, mut world) = opened().await;
    second(&world.content);
    world.import().await.unwrap();
    world.build().await;
    for steps in 1.. {
        first(&world.content);
        world.import().await.unwrap();
        let mut job = world.generator.start(request(&world, &[])).await.unwrap();
        let mut done = false;
        for _ in 0..steps {
            done = done || is_done(&mut world, &mut job).await;
        }
        second(&world.content);
        world.import().await.unwrap();
        match done {
            true => drop(job),
            false => go_on(&mut world, job, meanwhile).await,
        }
        world.build().await;
        // A full build takes as long as all the steps; what is left wrong by one of them stays so.
        if done || steps % COMPARED_EVERY == 0 {
            assert_eq!(world.difference().await, None, "{meanwhile:?} after {steps} steps");
        }
        if done {
            assert!(steps > 5, "a publish has more steps");
            return;
        }
    }
}

fn request(world: &World, countries: &[&str]) -> JobRequest {
    let place = Place::directory(&world.out(), false).unwrap();
    let countries = countries.iter().map(|code| Country::try_new(code).unwrap()).collect::<BTreeSet<_>>();
    let reason = Reason::CatalogChanged;
    JobRequest { countries, reason, renditions: Renditions::Later, ..JobRequest::new(place, world.as_of) }
}

/// Makes a step, after which nobody finds a page that leads nowhere.
async fn is_done(world: &mut World, job: &mut Job) -> bool {
    let step = world.generator.step(job).await.unwrap();
    assert_eq!(dangling(&world.out()), Vec::<String>::new(), "{job:?}");
    matches!(step, Step::Done(_))
}

async fn go_on(world: &mut World, mut job: Job, meanwhile: Meanwhile) {
    match meanwhile {
        Meanwhile::Absorbed => {
            world.generator.absorb(&mut job, world.as_of).await.unwrap();
        }
        Meanwhile::OtherCountry => {
            let mut other = world.generator.start(request(world, &["JP"])).await.unwrap();
            while !is_done(world, &mut other).await {}
        }
        Meanwhile::Dropped => {
            drop(job);
            job = world.generator.start(request(world, &[])).await.unwrap();
        }
    }
    while !is_done(world, &mut job).await {}
}

/// Pages that lead to the product while it is not there.
fn dangling(out: &Path) -> Vec<String> {
    let mut dangling = Vec::new();
    for (home, slug) in PRODUCT {
        let product = format!("/{home}/p/{slug}/");
        if out.join(&product[1..]).join("index.html").exists() {
            continue;
        }
        let mut folders = vec![out.join(home)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().map(Result::unwrap) {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if leads_to(&path, &product) {
                    dangling.push(format!("{} leads to {product}", path.display()));
                }
            }
        }
    }
    dangling
}

fn leads_to(page: &Path, path: &str) -> bool {
    let is_page = page.extension().is_some_and(|extension| extension == "html");
    is_page && fs::read_to_string(page).unwrap().contains(&format!("href=\"{path}"))
}

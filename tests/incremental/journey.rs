//! A shop edited at random, built after every edit, compared with a full build now and then.

use vitrine_db::Db;
use vitrine_import::ImportError;

use crate::content::{Content, set_strings, tables};
use crate::edits::heal::{healable, restore_foundation};
use crate::edits::{Editor, copy_product};
use crate::world::World;

/// Products put into one category, so that its listing has one page in some countries, two in others, and
/// changes between the two: a page holds 24.
const CROWD: [(&str, usize); 3] = [("DE", 22), ("CH", 20), ("GB", 21)];

/// How a journey goes.
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) edits: usize,
    /// Edits from one comparison to the next.
    pub(crate) compared_every: usize,
}

/// What became of the edits.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    wrote: usize,
    refused: usize,
    built: u64,
    rendered: u64,
    removed: u64,
}

/// Edits, imports and builds; panics with seed, edit and file at the first difference.
pub(crate) async fn run(db: &Db, content: &std::path::Path, plan: &Plan) -> Tally {
    let mut world = World::new(db, content);
    crowd(&world.content);
    let mut editor = Editor::new(plan.seed, world.as_of);
    let mut history = Vec::new();
    let mut tally = Tally::default();
    let mut broken = Vec::new();
    world.import().await.unwrap();
    world.build().await;
    compare(&mut world, plan, 0, &history).await;
    for number in 1..=plan.edits {
        if number % 10 == 0 {
            world.new_process();
            history.push(format!("{number}: a new process"));
        }
        let what = next_edit(&mut editor, &world.content, &broken, number, plan);
        history.push(format!("{number}: {what}"));
        world.as_of = editor.as_of;
        match world.import().await {
            Ok(report) => {
                tally.wrote += usize::from(report.total().wrote());
                broken = healable(&report);
            }
            Err(ImportError::Store { .. }) => {
                tally.refused += 1;
                history.push(format!("{number}: store or countries refused, restored"));
                restore_foundation(&world.content);
            }
            Err(error) => panic!("{error}\n{}", story(plan, number, &history)),
        }
        let report = match world.try_build(&[]).await {
            Ok(report) => report,
            Err(error) => panic!("{error}\n{}", story(plan, number, &history)),
        };
        tally.built += report.pages;
        tally.rendered += report.rendered;
        tally.removed += report.removed;
        if number % plan.compared_every == 0 || number == plan.edits {
            compare(&mut world, plan, number, &history).await;
        }
    }
    tally
}

impl Tally {
    /// A journey that changes little shows little.
    pub(crate) fn assert_lively(&self, plan: &Plan) {
        // What is missing or wrong somewhere keeps others out until it is mended.
        assert!(self.wrote * 5 > plan.edits * 2, "many edits should change something: {self:?}");
        assert!(self.rendered > 0 && self.removed > 0, "{self:?}");
    }
}

fn next_edit(
    editor: &mut Editor,
    content: &Content,
    broken: &[String],
    number: usize,
    plan: &Plan,
) -> String {
    if number == plan.edits * 3 / 5 {
        editor.as_of = editor.as_of.plus_days(-3);
        return format!("three days back, to {}", editor.as_of.to_rfc3339());
    }
    // One thing that is missing or wrong keeps others out: the more there are, the sooner somebody looks.
    let sick = if editor.random.chance(10 * broken.len().min(6)) {
        editor.random.pick(broken).cloned()
    } else {
        None
    };
    match sick {
        Some(path) => editor.heal(content, &path),
        None => editor.edit(content),
    }
}

async fn compare(world: &mut World, plan: &Plan, number: usize, history: &[String]) {
    if let Some(difference) = world.difference().await {
        panic!("{difference}\n{}", story(plan, number, history));
    }
    // Nothing changed since: nothing is rendered, written or removed.
    let before = crate::compare::times(&world.out());
    let again = world.build().await;
    assert_eq!((again.rendered, again.written, again.removed), (0, 0, 0), "{}", story(plan, number, history));
    let touched: Vec<_> = crate::compare::times(&world.out())
        .into_iter()
        .filter(|(path, time)| before.get(path) != Some(time))
        .collect();
    assert!(touched.is_empty(), "written again: {touched:?}\n{}", story(plan, number, history));
}

/// How to see it again.
fn story(plan: &Plan, number: usize, history: &[String]) -> String {
    let since = history.len().saturating_sub(plan.compared_every * 2 + 2);
    format!(
        "seed {} at edit {number} (VITRINE_SEED={} VITRINE_LONG=1 compares after every edit); the last edits:\n{}",
        plan.seed,
        plan.seed,
        history[since..].join("\n")
    )
}

/// Copies of one product, enough for a listing of two pages.
fn crowd(content: &Content) {
    let most = CROWD.iter().map(|(_, count)| *count).max().unwrap_or_default();
    for number in 0..most {
        let id = format!("crowd-{number:02}");
        copy_product(content, "protector", &id);
        let file = format!("products/{id}/product.toml");
        let mut table = content.table(&file);
        set_strings(&mut table, "related", &[]);
        let variants = table.get_mut("variants").and_then(toml::Value::as_array_mut).unwrap();
        variants.truncate(1);
        let shown = CROWD.iter().filter(|(_, count)| number < *count);
        let price = |(country, _): &(&str, usize)| ((*country).to_owned(), toml::Value::Integer(30));
        let prices = toml::Table::from_iter(shown.map(price));
        tables(&mut table, "variants")[0].insert("prices".to_owned(), toml::Value::Table(prices));
        let place = toml::Table::from_iter([
            ("id".to_owned(), toml::Value::from("protection")),
            ("rank".to_owned(), toml::Value::Integer(30)),
        ]);
        table.insert("categories".to_owned(), toml::Value::Array(vec![toml::Value::Table(place)]));
        content.put_table(&file, &table);
    }
}

//! Work on several cores with the answers in order.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Applies `work` to every item on so many threads; answers come in the items' order.
///
/// `setup` makes what a thread keeps from item to item, as a buffer.
pub(crate) fn map<'i, T, S, R>(
    threads: usize,
    items: &'i [T],
    setup: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &'i T) -> R + Sync,
) -> Vec<R>
where
    T: Sync,
    R: Send,
{
    if threads < 2 || items.len() < 2 {
        let mut state = setup();
        return items.iter().map(|item| work(&mut state, item)).collect();
    }
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    std::thread::scope(|scope| {
        for _ in 0..threads.min(items.len()) {
            scope.spawn(|| {
                let mut state = setup();
                let mut mine = Vec::new();
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else { break };
                    mine.push((at, work(&mut state, item)));
                }
                done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).append(&mut mine);
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, answer)| answer).collect()
}

/// Runs work that keeps a core busy without holding up the other tasks of the runtime.
pub(crate) fn off_the_runtime<R>(work: impl FnOnce() -> R) -> R {
    let several = tokio::runtime::Handle::try_current()
        .is_ok_and(|handle| handle.runtime_flavor() == tokio::runtime::RuntimeFlavor::MultiThread);
    if several { tokio::task::block_in_place(work) } else { work() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_keep_the_order_of_the_items_at_any_thread_count() {
        let items: Vec<u64> = (0..1000).collect();
        let one = map(1, &items, || 0, |_, item| item * 3);
        for threads in [2, 3, 8] {
            assert_eq!(map(threads, &items, || 0, |_, item| item * 3), one);
        }
    }

    #[test]
    fn every_thread_has_a_state_of_its_own_and_every_item_is_worked_on_once() {
        let items: Vec<u64> = (0..200).collect();
        let made = AtomicUsize::new(0);
        let setup = || {
            made.fetch_add(1, Ordering::Relaxed);
            0u64
        };
        let counts = map(4, &items, setup, |seen, item| {
            *seen += 1;
            *item
        });
        assert_eq!(counts, items);
        assert!((1..=4).contains(&made.load(Ordering::Relaxed)));
        assert_eq!(map(4, &items[..0], || (), |(), item| *item), [0u64; 0]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn work_may_leave_the_runtime_of_several_threads() {
        assert_eq!(off_the_runtime(|| 7), 7);
    }

    #[tokio::test]
    async fn and_stays_where_there_is_one_thread_only() {
        assert_eq!(off_the_runtime(|| 7), 7);
    }
}

//! Work on several cores with the answers in order.

use rayon::prelude::*;

/// Applies `work` to every item on all cores; answers come in the items' order.
///
/// The threads stay from call to call, and with them the memory that their allocator has at hand: threads of a
/// call's own cost a tenth of a full build in pages that the kernel had to clear for each of them.
pub(crate) fn map<'i, T, R>(items: &'i [T], work: impl Fn(&'i T) -> R + Send + Sync) -> Vec<R>
where
    T: Sync,
    R: Send,
{
    if items.len() < 2 {
        return items.iter().map(work).collect();
    }
    off_the_runtime(|| items.par_iter().map(work).collect())
}

/// Runs work that keeps a core busy without holding up the other tasks of the runtime.
pub(crate) fn off_the_runtime<R>(work: impl FnOnce() -> R) -> R {
    let several = tokio::runtime::Handle::try_current()
        .is_ok_and(|handle| handle.runtime_flavor() == tokio::runtime::RuntimeFlavor::MultiThread);
    if several { tokio::task::block_in_place(work) } else { work() }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn answers_keep_the_order_of_the_items_and_each_is_worked_on_once() {
        let (items, worked): (Vec<u64>, _) = ((0..1000).collect(), AtomicUsize::new(0));
        let answers = map(&items, |item| {
            worked.fetch_add(1, Ordering::Relaxed);
            item * 3
        });
        assert_eq!(answers, items.iter().map(|item| item * 3).collect::<Vec<_>>());
        assert_eq!(worked.into_inner(), items.len());
        assert_eq!(map(&items[..0], |item| *item), [0u64; 0]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn work_may_leave_the_runtime_of_several_threads() {
        assert_eq!(off_the_runtime(|| 7), 7);
        assert_eq!(map(&[1, 2], |item| item + 1), [2, 3]);
    }

    #[tokio::test]
    async fn and_stays_where_there_is_one_thread_only() {
        assert_eq!(off_the_runtime(|| 7), 7);
        assert_eq!(map(&[1, 2], |item| item + 1), [2, 3]);
    }
}

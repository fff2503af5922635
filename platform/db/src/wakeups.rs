//! Wake-ups after a commit: a channel within the process, LISTEN and NOTIFY between processes on PostgreSQL.
//!
//! A wake-up says only that something may be there. It can get lost (a connection breaks, two processes share a
//! SQLite file), so whoever waits also looks every [`Wakeups::POLL`]. So other processes are told after the commit:
//! a transaction that notifies commits alone on a PostgreSQL server, one after the other, each with its own wait for
//! the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use sqlx::AnyPool;
use sqlx::postgres::PgListener;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::Db;

/// PostgreSQL's channel; what was called out is in the payload.
pub(crate) const CHANNEL: &str = "vitrine_wakeup";
/// Between two notifications of a process that has many: what is called out meanwhile goes with the next.
const BETWEEN: Duration = Duration::from_millis(5);
/// Between two attempts to reach the server again.
const RECONNECT: Duration = Duration::from_millis(500);

/// Waits for commits that called out a topic.
#[derive(Debug)]
pub struct Wakeups {
    receiver: watch::Receiver<()>,
    /// Keeps the sender and the listener.
    _board: Arc<Board>,
}

impl Wakeups {
    /// How often to look without being woken.
    pub const POLL: Duration = Duration::from_millis(250);

    /// Waits until a transaction that called out the topic is committed, at most so long; whether one was.
    ///
    /// Commits since the last call count, so between looking and waiting none is missed. Safe to drop.
    pub async fn wait(&mut self, at_most: Duration) -> bool {
        tokio::time::timeout(at_most, self.receiver.changed()).await.is_ok_and(|changed| changed.is_ok())
    }
}

impl Db {
    /// Starts to watch a topic; from now on no commit that calls it out ([`Tx::wake`](crate::Tx::wake)) is missed.
    pub fn wakeups(&self, topic: &'static str) -> Wakeups {
        let board = self.board();
        board.listen();
        Wakeups { receiver: board.subscribe(topic), _board: Arc::clone(board) }
    }
}

/// Who waits for what, in this process.
pub(crate) struct Board {
    /// Tells this process' own notifications from those of others.
    me: String,
    topics: Mutex<BTreeMap<String, watch::Sender<()>>>,
    /// PostgreSQL's address.
    server: Option<String>,
    listener: Mutex<Option<AbortHandle>>,
    calls: Mutex<Calls>,
}

/// What other processes are to be told.
#[derive(Default)]
struct Calls {
    topics: BTreeSet<&'static str>,
    /// Somebody is telling them.
    telling: bool,
}

impl Board {
    pub(crate) fn new(server: Option<&str>) -> Arc<Self> {
        // The hasher's keys are random in each process and differ from call to call.
        let random = std::hash::RandomState::new().build_hasher().finish();
        Arc::new(Self {
            me: format!("{random:016x}"),
            topics: Mutex::default(),
            server: server.map(ToOwned::to_owned),
            listener: Mutex::default(),
            calls: Mutex::default(),
        })
    }

    /// Tells other processes what was called out, or leaves it to whoever is telling.
    pub(crate) async fn tell(self: &Arc<Self>, server: &AnyPool, topics: Vec<&'static str>) {
        {
            let mut calls = locked(&self.calls);
            calls.topics.extend(topics);
            if std::mem::replace(&mut calls.telling, true) {
                return;
            }
        }
        let mut telling = Telling { board: Some(Arc::clone(self)) };
        telling.tell(server).await;
        if telling.is_done() {
            return;
        }
        let server = server.clone();
        tokio::spawn(async move {
            while !telling.is_done() {
                tokio::time::sleep(BETWEEN).await;
                telling.tell(&server).await;
            }
        });
    }

    pub(crate) fn wake(&self, topic: &str) {
        if let Some(sender) = locked(&self.topics).get(topic) {
            sender.send_replace(());
        }
    }

    fn wake_all(&self) {
        locked(&self.topics).values().for_each(|sender| {
            sender.send_replace(());
        });
    }

    fn subscribe(&self, topic: &str) -> watch::Receiver<()> {
        let mut topics = locked(&self.topics);
        topics.entry(topic.to_owned()).or_insert_with(|| watch::channel(()).0).subscribe()
    }

    /// Starts the listener, if there is a server and none runs yet; outside of a runtime those who wait poll.
    fn listen(self: &Arc<Self>) {
        let (Some(server), Ok(runtime)) = (&self.server, Handle::try_current()) else { return };
        let mut listener = locked(&self.listener);
        if listener.as_ref().is_none_or(AbortHandle::is_finished) {
            let task = runtime.spawn(listen(server.clone(), Arc::downgrade(self)));
            *listener = Some(task.abort_handle());
        }
    }

    /// Ends the listener.
    pub(crate) fn close(&self) {
        if let Some(listener) = locked(&self.listener).take() {
            listener.abort();
        }
    }

    /// Wakes what another process called out; what this one did has been woken at its commit.
    fn hear(&self, payload: &str) {
        if let Some((topic, from)) = payload.split_once(' ')
            && from != self.me
        {
            self.wake(topic);
        }
    }
}

/// Whoever tells other processes: one at a time. Dropped half-way, the next commit's caller does it.
struct Telling {
    /// None when it is done.
    board: Option<Arc<Board>>,
}

impl Telling {
    async fn tell(&self, server: &AnyPool) {
        let Some(board) = &self.board else { return };
        let topics = std::mem::take(&mut locked(&board.calls).topics);
        for topic in topics {
            // Nobody's work depends on its being told, so nobody waits for the disk.
            let query =
                sqlx::query("SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)");
            let query = query.bind(CHANNEL).bind(format!("{topic} {}", board.me));
            if let Err(error) = query.execute(server).await {
                tracing::debug!(%error, topic, "others are not told of a commit, and find it when they look");
            }
        }
    }

    /// Whether nothing is left to be told; then it is no longer this one's to tell.
    fn is_done(&mut self) -> bool {
        let Some(board) = &self.board else { return true };
        let mut calls = locked(&board.calls);
        if !calls.topics.is_empty() {
            return false;
        }
        calls.telling = false;
        drop(calls);
        self.board = None;
        true
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        if let Some(board) = &self.board {
            locked(&board.calls).telling = false;
        }
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The server's address may hold a password.
        f.debug_struct("Board").field("topics", &locked(&self.topics).keys()).finish_non_exhaustive()
    }
}

/// Hears notifications until the board is gone; a lost connection is made again.
async fn listen(server: String, board: Weak<Board>) {
    loop {
        if let Err(error) = hear(&server, &board).await {
            tracing::debug!(%error, "the wake-up listener lost its connection");
        }
        if board.strong_count() == 0 {
            return;
        }
        tokio::time::sleep(RECONNECT).await;
    }
}

async fn hear(server: &str, board: &Weak<Board>) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect(server).await?;
    listener.listen(CHANNEL).await?;
    loop {
        // Nothing is known of what was called out while there was no connection.
        let Some(board_now) = board.upgrade() else { return Ok(()) };
        board_now.wake_all();
        drop(board_now);
        while let Some(notification) = listener.try_recv().await? {
            let Some(board) = board.upgrade() else { return Ok(()) };
            board.hear(notification.payload());
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use vitrine_core::{StoreId, Timestamp};

    use super::*;
    use crate::testing::for_each_backend;
    use crate::{Backend, MODULE, NewEvent, Outbox};

    /// Longer than any wait in these tests should be.
    const LONG: Duration = Duration::from_secs(20);
    const SHORT: Duration = Duration::from_millis(60);

    async fn call_out(db: &Db, topic: &'static str) {
        let mut tx = db.begin().await.unwrap();
        tx.wake(topic);
        tx.commit().await.unwrap();
    }

    /// Waits until the listener's first wake-up is over, which comes to everybody.
    async fn settle(db: &Db, wakeups: &mut Wakeups) {
        if db.backend() == Backend::Postgres {
            assert!(wakeups.wait(LONG).await);
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_commit_wakes_those_who_wait_for_its_topic() {
        for_each_backend(&[], async |db| {
            let (mut one, mut two, mut other) = (db.wakeups("a"), db.wakeups("a"), db.wakeups("b"));
            for wakeups in [&mut one, &mut two, &mut other] {
                settle(&db, wakeups).await;
            }
            call_out(&db, "a").await;
            call_out(&db, "a").await;
            assert!(one.wait(LONG).await && two.wait(LONG).await, "a commit before the wait counts");
            assert!(!one.wait(SHORT).await, "two commits before it are one wake-up");
            assert!(!other.wait(SHORT).await);

            let waiting = tokio::spawn(async move { one.wait(LONG).await });
            tokio::time::sleep(SHORT).await;
            call_out(&db, "a").await;
            assert!(waiting.await.unwrap());
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_rolled_back_wakes_nobody() {
        for_each_backend(&[], async |db| {
            let mut wakeups = db.wakeups("a");
            settle(&db, &mut wakeups).await;
            let mut tx = db.begin().await.unwrap();
            tx.wake("a");
            drop(tx);
            let mut tx = db.begin().await.unwrap();
            tx.wake("a");
            tx.rollback().await.unwrap();
            db.begin().await.unwrap().commit().await.unwrap();
            assert!(!wakeups.wait(SHORT).await);
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_event_pushed_to_the_outbox_is_called_out() {
        for_each_backend(&[&MODULE], async |db| {
            let mut wakeups = db.wakeups(Outbox::TOPIC);
            settle(&db, &mut wakeups).await;
            let store = StoreId::try_new("a").unwrap();
            for expected in [true, false] {
                let event = NewEvent {
                    store: &store,
                    id: "1",
                    kind: "revised",
                    entity: "store",
                    version: 1,
                    payload: "{}",
                    trace: None,
                    at: Timestamp::from_ms(1),
                };
                let mut tx = db.begin().await.unwrap();
                assert_eq!(Outbox::push_in(&mut tx, &event).await.unwrap(), expected);
                tx.commit().await.unwrap();
                assert_eq!(wakeups.wait(if expected { LONG } else { SHORT }).await, expected);
            }
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn on_postgresql_another_process_is_woken_also_after_its_connection_broke() {
        for_each_backend(&[], async |db| {
            if db.backend() != Backend::Postgres {
                return;
            }
            let other = Db::open(db.board().server.as_deref().unwrap()).await.unwrap();
            let mut wakeups = other.wakeups("a");
            settle(&other, &mut wakeups).await;
            call_out(&db, "b").await;
            assert!(!wakeups.wait(SHORT).await);
            call_out(&db, "a").await;
            assert!(wakeups.wait(LONG).await);
            assert!(!wakeups.wait(SHORT).await);

            let broken = sqlx::query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE datname = current_database() AND query LIKE 'LISTEN%'",
            );
            assert_eq!(broken.execute(db.reader()).await.unwrap().rows_affected(), 1);
            assert!(wakeups.wait(LONG).await, "nothing is known of the time without connection, so look");
            call_out(&db, "a").await;
            assert!(wakeups.wait(LONG).await);

            other.close().await;
            let listening: (i64,) = sqlx::query_as(
                "SELECT COUNT(*) FROM pg_stat_activity \
                 WHERE datname = current_database() AND query LIKE 'LISTEN%'",
            )
            .fetch_one(db.reader())
            .await
            .unwrap();
            assert!(listening.0 <= 1, "closed, the database is listened to no more");
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn of_many_commits_at_once_others_are_told_a_few_times_and_of_the_last_one_too() {
        for_each_backend(&[], async |db| {
            if db.backend() != Backend::Postgres {
                return;
            }
            let mut listener = PgListener::connect(db.board().server.as_deref().unwrap()).await.unwrap();
            listener.listen(CHANNEL).await.unwrap();
            let commits = (0..300).map(|_| call_out(&db, "a"));
            futures_util::future::join_all(commits).await;
            let mut told = 0;
            while tokio::time::timeout(10 * SHORT, listener.recv()).await.is_ok() {
                told += 1;
            }
            assert!((1..150).contains(&told), "300 commits were told {told} times");
            call_out(&db, "a").await;
            tokio::time::timeout(LONG, listener.recv()).await.unwrap().unwrap();

            // Somebody who goes away while telling leaves it to the next.
            let mut tx = db.begin().await.unwrap();
            tx.wake("a");
            let mut commit = Box::pin(tx.commit());
            while !locked(&db.board().calls).telling {
                std::future::poll_fn(|context| {
                    let _ = commit.as_mut().poll(context);
                    std::task::Poll::Ready(())
                })
                .await;
                tokio::task::yield_now().await;
            }
            drop(commit);
            call_out(&db, "a").await;
            tokio::time::timeout(LONG, listener.recv()).await.unwrap().unwrap();
            assert!(!locked(&db.board().calls).telling);
        })
        .await;
    }

    #[test]
    fn nothing_is_told_of_the_server() {
        let board = Board::new(Some("postgres://root:secret@host/db"));
        assert!(!format!("{board:?}").contains("secret"));
        board.listen();
        assert!(locked(&board.listener).is_none(), "outside of a runtime nothing listens");
    }

    #[tokio::test(flavor = "multi_thread")]
    #[allow(clippy::disallowed_methods, reason = "a duration is measured")]
    async fn within_a_process_a_wake_up_takes_well_under_a_millisecond() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_file(&folder.path().join("x.db")).await.unwrap();
        let mut wakeups = db.wakeups("a");
        let (sender, mut woken) = tokio::sync::mpsc::unbounded_channel();
        let waiting = tokio::spawn(async move {
            while wakeups.wait(LONG).await {
                sender.send(std::time::Instant::now()).unwrap();
            }
        });
        let mut took = Vec::new();
        for _ in 0..51 {
            let mut tx = db.begin_soft().await.unwrap();
            tx.wake("a");
            tx.commit().await.unwrap();
            let committed = std::time::Instant::now();
            took.push(woken.recv().await.unwrap().saturating_duration_since(committed));
        }
        waiting.abort();
        took.sort();
        assert!(took[25] < Duration::from_millis(1), "half of the wake-ups took {:?} or longer", took[25]);
    }
}

//! Running roles of the program: killed, stopped and let go on.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};

use crate::shop::Shop;
use crate::until;

/// SIGKILL, as a finished process tells it.
const KILLED: i32 = 9;

/// A running role; killed when the test ends.
pub(crate) struct Program(Child);

impl Program {
    /// Starts `worker` or `scheduler`; what it says goes to a file of the shop.
    pub(crate) fn start(shop: &Shop, role: &str) -> Self {
        Self::start_with(shop, role, &[])
    }

    /// Starts a worker that signals itself at a step of [`vitrine_generator::rehearsal::STEPS`].
    pub(crate) fn worker_at(shop: &Shop, signal: &str, step: &str, time: usize) -> Self {
        Self::start_with(shop, "worker", &[("VITRINE_AT_STEP", &format!("{signal}@{step}:{time}"))])
    }

    pub(crate) fn start_with(shop: &Shop, role: &str, variables: &[(&str, &str)]) -> Self {
        let log = File::options().create(true).append(true).open(shop.path("log")).unwrap();
        let mut command = shop.command(&[role]);
        command.envs(variables.iter().copied()).stdin(Stdio::null());
        Self(command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap())
    }

    /// Waits until it has killed itself.
    pub(crate) async fn kills_itself(mut self, what: &str) {
        let mut status = None;
        until(&format!("a worker is killed: {what}"), async || {
            status = self.0.try_wait().unwrap();
            status.is_some()
        })
        .await;
        let status = status.unwrap();
        assert_eq!(status.signal(), Some(KILLED), "{what}: {status}");
    }

    /// Waits until it has stopped itself.
    pub(crate) async fn stops_itself(&self, what: &str) {
        until(&format!("a worker is stopped: {what}"), async || {
            let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap();
            // The name before may hold anything, also parentheses.
            stat.rsplit_once(") ").unwrap().1.starts_with('T')
        })
        .await;
    }

    /// Sends it a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.0.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Asks it to end, which it must do by itself.
    pub(crate) async fn ends(mut self) {
        self.signal("TERM");
        until("the program ends", async || self.0.try_wait().unwrap().is_some()).await;
    }

    pub(crate) fn is_alive(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has ended already where a test saw to it.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

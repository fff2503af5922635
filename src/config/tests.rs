//! What the settings say when they are right, and when they are wrong.

use super::*;

fn load(file: &str, variables: &[(&str, &str)], flags: &Flags) -> Result<Config> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    std::fs::write(&path, file).unwrap();
    let variables = variables.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Config::from_sources(&path, variables, flags)
}

fn complaint(file: &str, variables: &[(&str, &str)]) -> String {
    load(file, variables, &Flags::default()).unwrap_err().to_string()
}

#[test]
fn nothing_is_needed() {
    let nowhere = Path::new("/nowhere/vitrine.toml");
    let config = Config::from_sources(nowhere, std::iter::empty(), &Flags::default()).unwrap();
    assert_eq!(config, Config::default());
    assert_eq!(load("", &[], &Flags::default()).unwrap(), Config::default());
}

#[test]
fn the_later_source_holds() {
    let file = "port = 1000\nstate = \"from-file\"\ncontent = \"from-file\"";
    let flags = Flags { port: Some(3000), ..Flags::default() };
    let config = load(file, &[("port", "2000"), ("state", "2026")], &flags).unwrap();
    assert_eq!(config.port, 3000);
    assert_eq!(config.state, PathBuf::from("2026"));
    assert_eq!(config.content, PathBuf::from("from-file"));
}

#[test]
fn a_bad_value_is_named_with_what_is_allowed() {
    let said = complaint("port = \"eighty\"", &[]);
    assert!(said.ends_with(
        "vitrine.toml: port is \"eighty\", which is not allowed (allowed: a number from 0 to 65535; 0 takes any free port)"
    ), "{said}");
    assert!(complaint("port = 65536", &[]).contains("port is 65536"));
    assert!(complaint("host = \"localhost\"", &[]).contains("host is \"localhost\""));
    let said = complaint("", &[("log_format", "xml")]);
    assert_eq!(said, "VITRINE_LOG_FORMAT is \"xml\", which is not allowed (allowed: text or json)");
}

#[test]
fn a_misspelled_key_gets_a_suggestion() {
    assert!(
        complaint("prot = 80", &[])
            .contains("no such setting 'prot' (did you mean 'port'? allowed: content, ")
    );
    assert_eq!(
        complaint("", &[("databse_url", "postgres://h/d")]),
        "VITRINE_DATABSE_URL: no such setting (did you mean VITRINE_DATABASE_URL?)"
    );
    assert!(load("", &[("long", "1"), ("test_postgres", "x")], &Flags::default()).is_ok());
}

#[test]
fn a_database_address_is_never_shown() {
    let said = complaint("", &[("database_url", "mysql://root:hunter2@host/shop")]);
    assert!(said.contains("VITRINE_DATABASE_URL is (hidden)") && !said.contains("hunter2"), "{said}");
    let url = DatabaseUrl::try_from("postgres://root:hunter2@host/shop".to_owned()).unwrap();
    assert!(!format!("{url:?}").contains("hunter2"));
}

#[test]
fn the_service_is_set_up_by_file_and_environment() {
    let file = "api_port = 9000\nwebhook_hosts = [\"pim.example\"]\napi_rate = 60";
    let variables =
        [("api_proxies", "10.0.0.0/8, ::1"), ("webhook_networks", "127.0.0.1"), ("api_rate", "30")];
    let config = load(file, &variables, &Flags { api_port: Some(9001), ..Flags::default() }).unwrap();
    assert_eq!((config.api_port, config.api_rate.get(), config.api_proxies.0.len()), (9001, 30, 2));
    assert_eq!(
        (config.webhook_hosts.0, config.webhook_networks.0.len()),
        (vec!["pim.example".to_owned()], 1)
    );
    let said = complaint("", &[("webhook_networks", "home")]);
    assert!(said.contains("VITRINE_WEBHOOK_NETWORKS is \"home\"") && said.contains("10.0.0.0/8"), "{said}");
    assert!(complaint("api_rate = 0", &[]).contains("at least 1"));
}

#[test]
fn a_webhook_secret_is_never_shown() {
    for said in [
        complaint("", &[("webhook_secrets", "nimbus=hunter2")]),
        complaint("webhook_secrets = [\"hunter2\"]", &[]),
    ] {
        assert!(
            said.contains("(hidden)") && said.contains("store=secret") && !said.contains("hunter2"),
            "{said}"
        );
    }
    let set =
        load("", &[("webhook_secrets", &format!("nimbus={}", "hunter2!".repeat(4)))], &Flags::default());
    let config = set.unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
    assert_eq!(config.webhook_secrets.reveal().len(), 1);
}

#[test]
fn a_syntax_error_is_one_line_with_its_place() {
    let said = complaint("state = \"x\"\nport =", &[]);
    assert!(said.contains("line 2") && !said.contains('\n'), "{said}");
}

#[test]
fn a_file_that_was_asked_for_must_be_there() {
    let error = Config::load(Some(Path::new("/nowhere/vitrine.toml")), &Flags::default()).unwrap_err();
    assert_eq!(error.to_string(), "/nowhere/vitrine.toml: no such configuration file");
}

#[test]
fn payments_are_play_money_until_stripe_is_set_up() {
    assert_eq!(Config::default().payments, PaymentsBy::Test);
    assert!(complaint("payments = \"paypal\"", &[]).contains("payments is \"paypal\""));
    let variables = [
        ("payments", "stripe"),
        ("stripe_secret_key", "sk_test_hunter2"),
        ("stripe_webhook_secrets", "whsec_hunter2,whsec_hunter3"),
    ];
    let config = load("", &variables, &Flags::default()).unwrap();
    assert_eq!((config.payments, config.stripe_webhook_secrets.reveal().len()), (PaymentsBy::Stripe, 2));
    assert!(!format!("{config:?}").contains("hunter"), "{config:?}");
}

#[test]
fn keys_of_stripe_are_checked_and_never_shown() {
    for (key, value) in [
        ("stripe_secret_key", "pk_test_hunter2"),
        ("stripe_webhook_secrets", "hunter2"),
        ("stripe_webhook_secrets", "whsec_hunter2,whsec_a,whsec_b"),
    ] {
        let said = complaint("", &[(key, value)]);
        assert!(said.contains("(hidden)") && said.contains("Stripe") && !said.contains("hunter2"), "{said}");
    }
    let said = complaint("stripe_secret_key = \"sk_live_hunter2\"", &[]);
    assert!(said.contains("set VITRINE_STRIPE_SECRET_KEY") && !said.contains("hunter2"), "{said}");
}

#[test]
fn mail_is_set_up_and_its_password_never_shown() {
    let variables =
        [("mail_url", "smtps://shop:hunter2@mail.example"), ("mail_from", "orders@nimbus.example")];
    let config = load("", &variables, &Flags::default()).unwrap();
    assert_eq!(config.mail_from.as_ref().unwrap().0.email(), "orders@nimbus.example");
    assert!(config.mail_url.is_some() && !format!("{config:?}").contains("hunter2"));
    let said = complaint("", &[("mail_url", "http://shop:hunter2@mail.example")]);
    assert!(said.contains("VITRINE_MAIL_URL is (hidden)") && !said.contains("hunter2"), "{said}");
    assert!(said.contains("smtps://"), "{said}");
    assert!(complaint("mail_from = \"nobody\"", &[]).contains("mail_from is \"nobody\""));
}

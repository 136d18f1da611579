//! The phones and mailboxes of a story: what reached them, and what they answer.
//!
//! A number that is in use receives and is acknowledged as delivered; one that is not comes back as invalid.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use xiangban::clock::Instant;
use xiangban::crypto::Vault;
use xiangban::messaging::channels::{Address, Body, Channel, Outcome, Outgoing};
use xiangban::messaging::inbound::{Kind, Raw, keep};
use xiangban::messaging::route::ChannelKind;
use xiangban::storage::Store;

/// What reached somebody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Received {
    pub at: Instant,
    pub channel: ChannelKind,
    pub to: String,
    pub text: String,
}

/// All phones and mailboxes together.
#[derive(Clone, Default)]
pub struct Phones {
    received: Arc<Mutex<Vec<Received>>>,
    out_of_use: Arc<Mutex<BTreeSet<String>>>,
}

impl Phones {
    /// Everything so far, in order of time.
    pub fn received(&self) -> Vec<Received> {
        let mut received = self.received.lock().unwrap().clone();
        received.sort();
        received
    }

    /// The SMS that reached one number since `since`.
    pub fn texts(&self, number: &str, since: Instant) -> Vec<String> {
        let own = |one: &Received| one.channel == ChannelKind::Sms && one.to == number && one.at >= since;
        self.received().into_iter().filter(own).map(|one| one.text).collect()
    }

    /// The last text on a phone.
    pub fn last(&self, number: &str) -> String {
        let own = |one: &Received| one.channel == ChannelKind::Sms && one.to == number;
        self.received.lock().unwrap().iter().rfind(|one| own(one)).map(|one| one.text.clone()).unwrap_or_default()
    }

    /// The number is given up: nothing reaches it any more.
    pub fn give_up(&self, number: &str) {
        self.out_of_use.lock().unwrap().insert(number.to_owned());
    }

    /// The gateway for one kind of channel.
    pub fn gateway(&self, kind: ChannelKind, store: &Store, vault: &Arc<Vault>) -> Arc<dyn Channel> {
        let name = format!("sandbox_{kind}");
        Arc::new(Network { phones: self.clone(), kind, name, store: store.clone(), vault: Arc::clone(vault) })
    }
}

/// A gateway that delivers at once and says so.
struct Network {
    phones: Phones,
    kind: ChannelKind,
    name: String,
    store: Store,
    vault: Arc<Vault>,
}

#[async_trait]
impl Channel for Network {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> ChannelKind {
        self.kind
    }

    fn has_receipts(&self) -> bool {
        true
    }

    async fn send(&self, message: &Outgoing, now: Instant) -> Outcome {
        let to = match &message.to {
            Address::Mobile(mobile) => mobile.digits().to_owned(),
            Address::Email(address) | Address::Wechat(address) => address.clone(),
        };
        let text = match &message.body {
            Body::Sms { text, .. } => text.clone(),
            Body::Email { text, .. } => format!("《{}》{}", text.subject, text.text),
            Body::Wechat { text, .. } => text.data.values().cloned().collect::<Vec<_>>().join(" "),
        };
        let in_use = !self.phones.out_of_use.lock().unwrap().contains(&to);
        let status = if in_use { "delivered" } else { "number_invalid" };
        let receipt = Raw {
            content_type: "application/json".into(),
            query: String::new(),
            body: serde_json::json!({ "reference": message.reference, "status": status }).to_string(),
        };
        let (store, vault, name, key) =
            (self.store.clone(), Arc::clone(&self.vault), self.name.clone(), message.reference.clone());
        tokio::task::spawn_blocking(move || {
            store.write(|tx| keep(tx, &vault, &name, Kind::Receipt, &key, &receipt, now)).unwrap();
        })
        .await
        .unwrap();
        if in_use {
            self.phones.received.lock().unwrap().push(Received { at: now, channel: self.kind, to, text });
        }
        Outcome::Accepted { provider_id: None }
    }
}

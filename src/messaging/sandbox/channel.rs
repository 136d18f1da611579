//! The channel that keeps messages instead of sending them.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;

use crate::clock::Instant;
use crate::crypto::{Purpose, Vault};
use crate::messaging::channels::{Address, Body, Channel, Outcome, Outgoing, Refusal};
use crate::messaging::inbound::{self, Kind, Raw, attempt_of};
use crate::messaging::route::ChannelKind;
use crate::messaging::segments::signed;
use crate::problem::Outcome as Done;
use crate::storage::schema::{messages, people, sandbox_texts};
use crate::storage::{Conn, Store, insert_once};
use crate::text_enum;

/// The name of every sandbox gateway in attempts and callbacks.
pub const SANDBOX: &str = "sandbox";

text_enum! {
    /// Which way a text went.
    pub enum Direction {
        /// To the phone.
        In = "in",
        /// Typed on it.
        Out = "out",
    }
}

/// Stands in for the gateway of one kind of channel.
pub struct SandboxChannel {
    kind: ChannelKind,
    name: String,
    store: Store,
    vault: Arc<Vault>,
}

impl SandboxChannel {
    pub fn new(kind: ChannelKind, store: Store, vault: Arc<Vault>) -> Self {
        Self { kind, name: format!("{SANDBOX}_{kind}"), store, vault }
    }

    fn keep(
        store: &Store,
        vault: &Vault,
        kind: ChannelKind,
        gateway: &str,
        message: &Outgoing,
        now: Instant,
    ) -> Done<()> {
        let (subject, text) = match &message.body {
            Body::Sms { signature, text, .. } => (None, signed(signature, text)),
            Body::Email { text, .. } => (Some(text.subject.clone()), text.text.clone()),
            Body::Wechat { text, .. } => (None, text.data.values().cloned().collect::<Vec<_>>().join("\n")),
        };
        let address = match &message.to {
            Address::Mobile(mobile) => mobile.digits(),
            Address::Email(address) | Address::Wechat(address) => address,
        };
        let receipt = Raw {
            content_type: "application/json".into(),
            query: String::new(),
            body: serde_json::json!({ "reference": message.reference, "status": "delivered" }).to_string(),
        };
        store.write(|tx| {
            let address_index = vault.index(Purpose::Phone, address);
            let phone_index = phone_of(tx, &message.reference)?.unwrap_or_else(|| address_index.clone());
            insert_once(tx, |tx| {
                diesel::insert_into(sandbox_texts::table)
                    .values((
                        sandbox_texts::reference.eq(&message.reference),
                        sandbox_texts::direction.eq(Direction::In),
                        sandbox_texts::channel.eq(kind),
                        sandbox_texts::address_index.eq(address_index),
                        sandbox_texts::phone_index.eq(phone_index),
                        sandbox_texts::address_sealed.eq(vault.seal(Purpose::Phone, address).unwrap_or_default()),
                        sandbox_texts::subject_sealed
                            .eq(subject.as_deref().and_then(|s| vault.seal(Purpose::Message, s).ok())),
                        sandbox_texts::text_sealed.eq(vault.seal(Purpose::Message, &text).unwrap_or_default()),
                        sandbox_texts::at.eq(now),
                    ))
                    .execute(tx)
            })?;
            inbound::keep(tx, vault, gateway, Kind::Receipt, &message.reference, &receipt, now)?;
            Ok(())
        })
    }
}

/// The phone of the person to whom an attempt goes; `None` for a number without a person.
fn phone_of(conn: &mut Conn, reference: &str) -> Done<Option<String>> {
    let Some((message_id, _)) = attempt_of(reference) else { return Ok(None) };
    let found: Option<Option<String>> = messages::table
        .inner_join(people::table)
        .filter(messages::id.eq(message_id))
        .select(people::phone_index)
        .first(conn)
        .optional()?;
    Ok(found.flatten())
}

#[async_trait]
impl Channel for SandboxChannel {
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
        let (store, vault, kind, name) = (self.store.clone(), Arc::clone(&self.vault), self.kind, self.name.clone());
        let message = message.clone();
        let kept = tokio::task::spawn_blocking(move || Self::keep(&store, &vault, kind, &name, &message, now)).await;
        match kept {
            Ok(Ok(())) => Outcome::Accepted { provider_id: None },
            Ok(Err(_)) => Outcome::refused(Refusal::RetrySoon, "sandbox_not_writable"),
            Err(_) => Outcome::unknown("sandbox_stopped"),
        }
    }
}

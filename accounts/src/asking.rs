//! What anybody may have sent to an address, known or not: what comes of it is decided where the message is
//! made, so that nobody learns whether the address is known.

use commands::Commands;
use domain::values::EmailAddress;
use mail::{Message, Post};
use store::StoreError;

/// Has the activation sent once more.
pub async fn to_activate(commands: &Commands, email: EmailAddress) -> Result<(), StoreError> {
    post(commands, Message::activation_again(email)).await
}

/// Has a link sent to choose another password.
pub async fn for_password(commands: &Commands, email: EmailAddress) -> Result<(), StoreError> {
    post(commands, Message::password_reset(email)).await
}

async fn post(commands: &Commands, message: Message) -> Result<(), StoreError> {
    let post = Post::new(commands.clock(), message);
    commands.store().write(&[&post]).await
}

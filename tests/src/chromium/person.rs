//! What somebody does on a page, by the words that they see there: with a mouse, or by the keyboard alone.

use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use fantoccini::{
    Locator,
    actions::{InputSource as _, KeyAction, KeyActions},
    elements::Element,
    error::CmdError,
    key::Key,
};
use serde_json::json;

use super::{Chromium, LIMIT};
use crate::world::PASSWORD;

/// More than any page of the tests has places to stop at.
const MOST_STOPS: usize = 150;

/// What somebody works a page with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hand {
    /// Pointing and clicking.
    Mouse,
    /// Tab, arrows, space and Enter: whoever cannot point, or does not see where.
    Keyboard,
}

impl Chromium {
    /// Follows a link that says this, or begins so.
    pub async fn follow(&self, name: &str) -> anyhow::Result<()> {
        let link = self.named("a[@href]", name).await?;
        self.arrive(self.activate(&link, Key::Enter)).await
    }

    /// Presses a button that says this, or begins so, and waits for the page that follows.
    pub async fn press(&self, name: &str) -> anyhow::Result<()> {
        let button = self.named("button", name).await?;
        self.arrive(self.activate(&button, Key::Enter)).await
    }

    /// Presses a button that says this, or begins so, and stays on the page.
    pub async fn click(&self, name: &str) -> anyhow::Result<()> {
        let button = self.named("button", name).await?;
        self.activate(&button, Key::Enter).await
    }

    /// Types into the field with this label, over what stands there.
    pub async fn fill(&self, label: &str, text: &str) -> anyhow::Result<()> {
        let field = self.labelled(label).await?;
        match self.setup.hand {
            Hand::Mouse => field.clear().await?,
            Hand::Keyboard => {
                self.tab_to(&field).await?;
                self.keys(&[Key::Control.into(), 'a']).await?;
            }
        }
        Ok(field.send_keys(text).await?)
    }

    /// Types the figures of a day into the field with this label. Which of day and month comes first depends on the
    /// browser's language: they had better be the same.
    pub async fn fill_date(&self, label: &str, figures: &str) -> anyhow::Result<()> {
        let field = self.labelled(label).await?;
        if self.setup.hand == Hand::Keyboard {
            self.tab_to(&field).await?;
        }
        Ok(field.send_keys(figures).await?)
    }

    /// Chooses from the list with this label.
    pub async fn choose(&self, label: &str, option: &str) -> anyhow::Result<()> {
        let list = self.labelled(label).await?;
        let path = format!("./option[normalize-space(.)=\"{option}\"]");
        let found = list.find(Locator::XPath(&path)).await;
        let found = found.with_context(|| format!("no {option} in {label}"))?;
        match self.setup.hand {
            Hand::Mouse => found.click().await?,
            Hand::Keyboard => {
                self.tab_to(&list).await?;
                let chosen = list.find(Locator::Css("option:checked")).await?;
                let (wanted, current) = (place(&found).await?, place(&chosen).await?);
                let arrow = if wanted > current { Key::Down } else { Key::Up };
                for _ in 0..wanted.abs_diff(current) {
                    self.key(arrow).await?;
                }
            }
        }
        ensure!(
            found.is_selected().await?,
            "{option} is not chosen in {label}"
        );
        Ok(())
    }

    /// Chooses one of several, each with a label of its own.
    pub async fn tick(&self, label: &str) -> anyhow::Result<()> {
        let choice = self.labelled(label).await?;
        match self.setup.hand {
            Hand::Mouse => choice.click().await?,
            Hand::Keyboard => self.tick_by_keys(&choice).await?,
        }
        ensure!(choice.is_selected().await?, "{label} is not chosen");
        Ok(())
    }

    /// Sends what a form would, and waits for the page that follows.
    pub async fn send(&self, path: &str, fields: &[(&str, &str)]) -> anyhow::Result<()> {
        const SEND: &str = "
            const form = document.createElement('form');
            [form.method, form.action] = ['post', arguments[0]];
            for (const [name, value] of arguments[1]) {
              const field = document.createElement('input');
              [field.type, field.name, field.value] = ['hidden', name, value];
              form.append(field);
            }
            document.body.append(form);
            form.submit();";
        let send = async {
            self.ask(SEND, &[json!(path), json!(fields)]).await?;
            Ok(())
        };
        self.arrive(send).await
    }

    /// Signs in.
    pub async fn sign_in(&self, email: &str) -> anyhow::Result<()> {
        self.open("/connexion").await?;
        self.sign_in_here(email).await
    }

    /// Signs in on the page that is open.
    pub async fn sign_in_here(&self, email: &str) -> anyhow::Result<()> {
        self.fill("Adresse électronique", email).await?;
        self.fill("Mot de passe", PASSWORD).await?;
        self.press("Connexion").await
    }

    /// Fails unless the focus is where this is said: what changed is read out, and the keyboard goes on from there.
    pub async fn has_focus(&self, text: &str) -> anyhow::Result<()> {
        let focused = self.client.active_element().await?;
        let (tag, said) = (focused.tag_name().await?, focused.text().await?);
        ensure!(
            tag != "body" && said.contains(text),
            "the focus is on a {tag} that says {said:?}, not {text:?}, of:\n{}",
            self.text().await?
        );
        Ok(())
    }

    /// The element of this kind that says `name`, or begins so.
    async fn named(&self, kind: &str, name: &str) -> anyhow::Result<Element> {
        let said = format!("normalize-space(.)=\"{name}\"");
        let begun = format!("starts-with(normalize-space(.), \"{name}\")");
        for test in [said, begun] {
            let path = format!("//{kind}[{test}]");
            for found in self.client.find_all(Locator::XPath(&path)).await? {
                if found.is_displayed().await? {
                    return Ok(found);
                }
            }
        }
        let (path, page) = (self.path().await?, self.text().await?);
        bail!("no {kind} {name:?} at {path}, which shows:\n{page}")
    }

    /// The field that its label, seen or only heard, names.
    async fn labelled(&self, label: &str) -> anyhow::Result<Element> {
        let own = format!("//label[normalize-space(.)=\"{label}\"]");
        let path = format!("//*[@id={own}/@for] | {own}//input | //*[@aria-label=\"{label}\"]");
        let found = self.client.find(Locator::XPath(&path)).await;
        match found {
            Err(error) if error.is_no_such_element() => {
                let path = self.path().await?;
                bail!(
                    "no field {label:?} at {path}, which shows:\n{}",
                    self.text().await?
                )
            }
            found => Ok(found?),
        }
    }

    async fn activate(&self, element: &Element, key: Key) -> anyhow::Result<()> {
        match self.setup.hand {
            Hand::Mouse => Ok(element.click().await?),
            Hand::Keyboard => {
                self.tab_to(element).await?;
                self.key(key).await
            }
        }
    }

    /// Only the chosen one of several, or the first, is a stop; from there the arrows go on.
    async fn tick_by_keys(&self, choice: &Element) -> anyhow::Result<()> {
        let group = choice.attr("name").await?;
        loop {
            let focused = self.next_stop().await?;
            if focused.attr("name").await? == group {
                break;
            }
        }
        self.key(Key::Space).await?;
        for _ in 0..MOST_STOPS {
            if choice.is_selected().await? {
                break;
            }
            self.key(Key::Down).await?;
        }
        Ok(())
    }

    /// Goes on from stop to stop until this has the focus.
    async fn tab_to(&self, element: &Element) -> anyhow::Result<()> {
        for _ in 0..MOST_STOPS {
            if self.next_stop().await?.element_id() == element.element_id() {
                return Ok(());
            }
        }
        bail!("the keyboard does not reach {}", element.html(false).await?)
    }

    /// The next stop, where the focus must be seen. Within a field for a day, the browser draws it by itself.
    async fn next_stop(&self) -> anyhow::Result<Element> {
        self.key(Key::Tab).await?;
        let focused = self.client.active_element().await?;
        let is_unseen = focused.css_value("outline-style").await? == "none";
        if is_unseen && focused.tag_name().await? != "body" {
            let is_day = focused.attr("type").await?.as_deref() == Some("date");
            ensure!(
                is_day,
                "the focus is not seen on {}",
                focused.html(false).await?
            );
        }
        Ok(focused)
    }

    async fn key(&self, key: Key) -> anyhow::Result<()> {
        self.keys(&[key.into()]).await
    }

    /// Holds these down together, and lets them go.
    async fn keys(&self, keys: &[char]) -> anyhow::Result<()> {
        let hand = KeyActions::new("keyboard".to_owned());
        let keys_of = || keys.iter().copied();
        let down = keys_of().map(|value| KeyAction::Down { value });
        let up = keys_of().rev().map(|value| KeyAction::Up { value });
        let hand = down.chain(up).fold(hand, KeyActions::then);
        Ok(self.client.perform_actions(hand).await?)
    }

    /// Does what leads to another page, and waits for that.
    async fn arrive(&self, act: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
        let left = self.client.find(Locator::Css("html")).await?;
        act.await?;
        let asked = Instant::now();
        while !is_gone(&left.tag_name().await) {
            ensure!(asked.elapsed() < LIMIT, "stays at {}", self.path().await?);
        }
        self.fits().await
    }
}

/// How many options stand before it.
async fn place(option: &Element) -> Result<usize, CmdError> {
    let before = Locator::XPath("./preceding-sibling::option");
    Ok(option.find_all(before).await?.len())
}

/// Whether an element is no longer on the page, since the page is another.
fn is_gone(answer: &Result<String, CmdError>) -> bool {
    let Err(error) = answer else { return false };
    error.is_stale_element_reference() || error.is_no_such_element()
}

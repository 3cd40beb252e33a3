//! A person at a browser: looks, waits until something is there, taps and types.

use std::time::Duration;

use fantoccini::{Client, Locator, elements::Element};

/// Long, because the machine may be busy; nothing waits longer than it has to.
const PATIENCE: Duration = Duration::from_secs(30);
const GLANCE: Duration = Duration::from_millis(30);

#[derive(Clone)]
pub(crate) struct Window {
    pub(crate) client: Client,
    base: String,
}

impl Window {
    pub(crate) fn new(client: Client, base: String) -> Self {
        Self { client, base }
    }

    pub(crate) async fn open(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.base)).await.expect("a page opens");
    }

    /// Signs in from the page of demo people.
    pub(crate) async fn sign_in(&self, name: &str) {
        self.open("/sign-in").await;
        self.tap_text("button", name).await;
        self.see("[data-sign-out]").await;
    }

    /// Waits until it is there.
    pub(crate) async fn see(&self, css: &str) -> Element {
        self.find(Locator::Css(css)).await
    }

    /// Waits for an element of this name that holds the text.
    pub(crate) async fn see_text(&self, tag: &str, text: &str) -> Element {
        self.find(Locator::XPath(&format!("//{tag}[contains(normalize-space(.), '{text}')]"))).await
    }

    async fn find(&self, place: Locator<'_>) -> Element {
        let wait = self.client.wait().at_most(PATIENCE).every(GLANCE);
        match wait.for_element(place).await {
            Ok(element) => element,
            Err(error) => {
                panic!("{place:?} does not come: {error}; the page says: {}", self.text("body").await)
            }
        }
    }

    pub(crate) async fn tap(&self, css: &str) {
        let found = self.see(css).await;
        self.tap_it(found, css).await;
    }

    pub(crate) async fn tap_text(&self, tag: &str, text: &str) {
        let found = self.see_text(tag, text).await;
        self.tap_it(found, text).await;
    }

    /// A dock that has just been put there takes no tap for a moment.
    pub(crate) async fn settled(&self) {
        while self.is_there("#dock[data-fresh]").await {
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Scrolls first, as a person would, so that no bar at the edge of the screen covers it.
    async fn tap_it(&self, found: Element, name: &str) {
        self.settled().await;
        let place = vec![serde_json::to_value(&found).expect("a reference")];
        let script = "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'});";
        self.client.execute(script, place).await.expect("a page scrolls");
        found.click().await.unwrap_or_else(|error| panic!("{name} can be tapped: {error}"));
    }

    /// Replaces what a field holds.
    pub(crate) async fn write(&self, css: &str, text: &str) {
        let field = self.see(css).await;
        field.clear().await.expect("a field can be cleared");
        field.send_keys(text).await.expect("a field takes text");
    }

    pub(crate) async fn is_there(&self, css: &str) -> bool {
        !self.all(css).await.is_empty()
    }

    pub(crate) async fn all(&self, css: &str) -> Vec<Element> {
        self.client.find_all(Locator::Css(css)).await.expect("elements are found")
    }

    /// What is to be read in the first such element; empty when there is none.
    pub(crate) async fn text(&self, css: &str) -> String {
        match self.client.find(Locator::Css(css)).await {
            Ok(element) => element.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// What is to be read in each of them.
    pub(crate) async fn texts(&self, css: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for element in self.all(css).await {
            texts.push(element.text().await.expect("text"));
        }
        texts
    }

    /// An attribute of the page's root, as `data-size`.
    pub(crate) async fn root(&self, attribute: &str) -> String {
        let root = self.see("html").await;
        root.attr(attribute).await.expect("a page").unwrap_or_default()
    }

    pub(crate) async fn source(&self) -> String {
        self.client.source().await.expect("a page")
    }

    pub(crate) async fn address(&self) -> String {
        self.client.current_url().await.expect("an address").to_string()
    }
}

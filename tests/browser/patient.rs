//! What a patient does in the dialogue, for the tests.

use crate::Window;

/// After so many answers a dialogue must have come to its end.
const MOST_TURNS: usize = 50;

/// Where a dialogue can have come to after an answer: the next question, the record, the emergency page.
fn after(n_answers: usize) -> String {
    format!("#dock input[name=turn][value='{n_answers}'], .confirm-bar, section#now.alarm")
}

impl Window {
    /// Begins a consultation on the home page and waits for the first question.
    pub(crate) async fn begin(&self, department: &str) {
        self.open("/").await;
        let field = self.see("#department").await;
        field.select_by_value(department).await.expect("the department can be chosen");
        self.tap("form[action='/consultations'] button").await;
        self.see(&after(0)).await;
    }

    /// Number of answers the page shows.
    pub(crate) async fn n_answers(&self) -> usize {
        self.all("li.mine").await.len()
    }

    pub(crate) async fn is_asking(&self) -> bool {
        self.is_there("#dock input[name=turn]").await
    }

    /// Writes an answer and sends it.
    pub(crate) async fn answer(&self, text: &str) {
        let before = self.n_answers().await;
        self.write("#dock textarea[name=text]", text).await;
        self.tap("#dock .send button").await;
        self.see(&after(before + 1)).await;
    }

    /// Taps the reply that holds the words, or the last one, or writes the words where there are no replies; where
    /// several may be ticked, ticks it and sends. Gives what was answered.
    pub(crate) async fn reply(&self, words: &str) -> String {
        let before = self.n_answers().await;
        let choices = self.texts("#dock [name=choice][value], #dock label.tick").await;
        let choices: Vec<_> = choices.into_iter().filter(|choice| !choice.is_empty()).collect();
        let Some(last) = choices.last() else {
            self.answer(words).await;
            return words.to_owned();
        };
        let choice = choices.iter().find(|choice| choice.contains(words)).unwrap_or(last).clone();
        if self.is_there("#dock label.tick").await {
            self.tap_text("label", &choice).await;
            self.tap("#dock .send button").await;
        } else {
            self.tap_text("section[@id='dock']//button", &choice).await;
        }
        self.see(&after(before + 1)).await;
        choice
    }

    /// Replies until nothing more is asked; gives every page on the way.
    pub(crate) async fn reply_to_the_end(&self) -> Vec<String> {
        let mut pages = Vec::new();
        while self.is_asking().await {
            pages.push(self.source().await);
            assert!(pages.len() < MOST_TURNS, "no end: {}", self.text("#talk").await);
            let is_warning = self.is_there("#talk .alarm").await;
            self.reply(if is_warning { "继续填写" } else { "没有" }).await;
        }
        pages
    }
}

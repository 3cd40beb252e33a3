//! Compiled conditions beside the fastest rule engines on crates.io, same questions and same facts, in one run.

#![expect(clippy::expect_used, reason = "a benchmark that cannot run should stop")]

use divan::{Bencher, black_box};
use rules::expr::{Expr, Facts, Kind, Value, Variable, Vocabulary};
use serde_json::json;

fn main() {
    divan::main();
}

/// The same question in each language.
struct Question {
    name: &'static str,
    ours: &'static str,
    zen: &'static str,
    cel: &'static str,
    rhai: &'static str,
}

impl std::fmt::Display for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

const QUESTIONS: [Question; 3] = [
    Question {
        name: "condition",
        ours: "a = 是 且 b = 否 且 n > 18",
        zen: "a == 'yes' and b == 'no' and n > 18",
        cel: "a == 'yes' && b == 'no' && n > 18",
        rhai: "a == \"yes\" && b == \"no\" && n > 18",
    },
    Question {
        name: "arithmetic",
        ours: "n * 2 + m / 4 - 3 >= 30 且 m > n",
        zen: "n * 2 + m / 4 - 3 >= 30 and m > n",
        cel: "n * 2 + m / 4 - 3 >= 30 && m > n",
        rhai: "n * 2 + m / 4 - 3 >= 30 && m > n",
    },
    Question {
        name: "membership",
        ours: "s 含任一 (青霉素, 头孢) 且 n > 18",
        zen: "('青霉素' in s or '头孢' in s) and n > 18",
        cel: "('青霉素' in s || '头孢' in s) && n > 18",
        rhai: "(\"青霉素\" in s || \"头孢\" in s) && n > 18",
    },
];

struct Patient;

impl Vocabulary for Patient {
    fn resolve(&self, name: &str) -> Option<Variable> {
        let labels = || ["磺胺", "头孢", "青霉素"].map(str::to_owned).to_vec();
        let (slot, kind) = match name {
            "a" => (0, Kind::Truth),
            "b" => (1, Kind::Truth),
            "n" => (2, Kind::Number { unit: None }),
            "m" => (3, Kind::Number { unit: None }),
            "s" => (4, Kind::Set(labels())),
            _ => return None,
        };
        Some(Variable { slot, kind })
    }

    fn names(&self) -> Vec<String> {
        ["a", "b", "n", "m", "s"].map(str::to_owned).to_vec()
    }
}

struct Answers([Value<'static>; 5]);

impl Facts for Answers {
    fn value(&self, slot: u32) -> Value<'_> {
        self.0.get(slot as usize).copied().unwrap_or(Value::Unknown)
    }
}

const CHOSEN: [u64; 1] = [0b110];

#[divan::bench(args = QUESTIONS)]
fn jiuyi(bencher: Bencher<'_, '_>, question: &Question) {
    let expr = Expr::compile(question.ours, &Patient).expect("compiles");
    let answers = Answers([
        Value::Truth(true),
        Value::Truth(false),
        Value::Number(20.0),
        Value::Number(40.0),
        Value::Set(&CHOSEN),
    ]);
    bencher.bench_local(|| black_box(&expr).eval(black_box(&answers)));
}

#[divan::bench(args = QUESTIONS)]
fn zen(bencher: Bencher<'_, '_>, question: &Question) {
    let facts = json!({"a": "yes", "b": "no", "n": 20, "m": 40, "s": ["头孢", "青霉素"]});
    let compiled = zen_expression::compile_expression(question.zen).expect("compiles");
    let mut isolate = zen_expression::Isolate::with_environment(facts.into());
    bencher.bench_local(|| isolate.run_compiled(black_box(compiled.bytecode())).expect("runs"));
}

#[divan::bench(args = QUESTIONS)]
fn cel(bencher: Bencher<'_, '_>, question: &Question) {
    let program = cel::Program::compile(question.cel).expect("compiles");
    let mut context = cel::Context::default();
    context.add_variable_from_value("a", "yes");
    context.add_variable_from_value("b", "no");
    context.add_variable_from_value("n", 20);
    context.add_variable_from_value("m", 40);
    context.add_variable_from_value("s", vec!["头孢", "青霉素"]);
    bencher.bench_local(|| black_box(&program).execute(&context).expect("runs"));
}

#[divan::bench(args = QUESTIONS)]
fn rhai(bencher: Bencher<'_, '_>, question: &Question) {
    let engine = rhai::Engine::new();
    let ast = engine.compile_expression(question.rhai).expect("compiles");
    let mut scope = rhai::Scope::new();
    scope.push("a", "yes").push("b", "no").push("n", 20_i64).push("m", 40_i64);
    scope.push("s", vec![rhai::Dynamic::from("头孢"), rhai::Dynamic::from("青霉素")]);
    bencher.bench_local(|| engine.eval_ast_with_scope::<bool>(&mut scope, black_box(&ast)).expect("runs"));
}

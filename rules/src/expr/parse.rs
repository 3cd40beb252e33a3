//! Text → tree.

use pest::{
    Parser,
    error::{ErrorVariant, LineColLocation},
    iterators::Pair,
};
use pest_derive::Parser;

use super::{
    calendar,
    error::{At, ExprError},
    suggest::nearest,
    tree::{Function, Membership, Node, Order, Tree},
    unit,
};

/// Longest text, in characters.
const MAX_CHARS: usize = 4096;
/// Deepest nesting of brackets.
const MAX_NESTING: usize = 64;
/// Most members of one sum or product.
const MAX_TERMS: usize = 128;

#[derive(Parser)]
#[grammar = "expr/expr.pest"]
struct Grammar;

/// The tree of an expression, or why there is none.
pub(super) fn parse(text: &str) -> Result<Tree, ExprError> {
    within_limits(text)?;
    let program = Grammar::parse(Rule::program, text).map_err(|error| refusal(text, &error))?;
    let start = At { line: 1, column: 1 };
    let missing = || start.error("EX001", "这里应有一个条件");
    tree(program.into_iter().next().and_then(|pair| pair.into_inner().next()).ok_or_else(missing)?)
}

/// Whether a part of a name needs no quotes.
pub(super) fn is_plain(part: &str) -> bool {
    let is_whole = |rule| {
        Grammar::parse(rule, part)
            .is_ok_and(|mut pairs| pairs.as_str().len() == part.len() && pairs.next().is_some())
    };
    is_whole(Rule::plain) && !is_whole(Rule::number) && !is_whole(Rule::date)
}

fn within_limits(text: &str) -> Result<(), ExprError> {
    let mut at = At { line: 1, column: 1 };
    let mut depth = 0usize;
    for (index, c) in text.chars().enumerate() {
        match c {
            '(' | '（' => depth += 1,
            ')' | '）' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if index >= MAX_CHARS {
            return Err(at.error("EX006", format!("条件太长，最多 {MAX_CHARS} 个字")));
        }
        if depth > MAX_NESTING {
            return Err(at.error("EX006", format!("括号套得太深，最多 {MAX_NESTING} 层")));
        }
        at = if c == '\n' { At { line: at.line + 1, column: 1 } } else { At { column: at.column + 1, ..at } };
    }
    Ok(())
}

fn place(pair: &Pair<'_, Rule>) -> At {
    let (line, column) = pair.line_col();
    at(line, column)
}

fn at(line: usize, column: usize) -> At {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    At { line: number(line), column: number(column) }
}

fn tree(pair: Pair<'_, Rule>) -> Result<Tree, ExprError> {
    let at = place(&pair);
    let node = match pair.as_rule() {
        Rule::disjunction => return run(pair, Node::Or),
        Rule::conjunction => return run(pair, Node::And),
        Rule::sum => return signed(pair, Rule::plus_or_minus, Node::Sum),
        Rule::product => return signed(pair, Rule::times_or_over, Node::Product),
        Rule::negation => {
            let mut is_negated = false;
            let mut of = None;
            for part in pair.into_inner() {
                if part.as_rule() == Rule::not {
                    is_negated = !is_negated;
                } else {
                    of = Some(tree(part)?);
                }
            }
            let of = of.ok_or_else(|| at.error("EX001", "“非”后面应有一个条件"))?;
            return Ok(if is_negated { negated(at, of) } else { of });
        }
        Rule::factor => {
            let mut is_negative = false;
            let mut of = None;
            for part in pair.into_inner() {
                if part.as_rule() == Rule::minus {
                    is_negative = !is_negative;
                } else {
                    of = Some(tree(part)?);
                }
            }
            let of = of.ok_or_else(|| at.error("EX001", "负号后面应有一个数"))?;
            return Ok(if is_negative { negative(at, of) } else { of });
        }
        Rule::comparison => return comparison(at, pair),
        Rule::group => {
            let inner = pair.into_inner().next().ok_or_else(|| at.error("EX001", "括号里应有一个条件"))?;
            return tree(inner);
        }
        Rule::label => {
            let inner = pair.into_inner().next().ok_or_else(|| at.error("EX001", "这里应有一个选项"))?;
            return tree(inner);
        }
        Rule::call => call(at, pair)?,
        Rule::number => number(at, &pair)?,
        Rule::date => date(at, pair.as_str())?,
        Rule::literal => {
            Node::Literal(pair.into_inner().next().is_some_and(|word| word.as_rule() == Rule::yes))
        }
        _ => Node::Name(pair.into_inner().filter_map(part).collect()),
    };
    Ok(Tree { at, node })
}

fn comparison(at: At, pair: Pair<'_, Rule>) -> Result<Tree, ExprError> {
    let missing = || at.error("EX001", "这里应有一个条件");
    let mut parts = pair.into_inner();
    let left = tree(parts.next().ok_or_else(missing)?)?;
    let Some(sign) = parts.next() else { return Ok(left) };
    let left = Box::new(left);
    let node = match sign.as_rule() {
        Rule::between => {
            let mut bounds = parts.filter(|part| part.as_rule() == Rule::sum).map(tree);
            let mut bound = || bounds.next().unwrap_or_else(|| Err(missing()));
            Node::Between(left, Box::new(bound()?), Box::new(bound()?))
        }
        Rule::member | Rule::has => {
            let membership = match sign.into_inner().next().map(|word| word.as_rule()) {
                Some(Rule::any_of) => Membership::HasAny,
                Some(Rule::all_of) => Membership::HasAll,
                Some(Rule::not_in) => Membership::NotIn,
                Some(Rule::in_list) => Membership::In,
                Some(Rule::lacks) => Membership::Lacks,
                _ => Membership::Has,
            };
            let labels = parts.next().ok_or_else(missing)?;
            let labels = if labels.as_rule() == Rule::labels {
                labels
                    .into_inner()
                    .filter(|part| part.as_rule() == Rule::label)
                    .map(tree)
                    .collect::<Result<_, _>>()?
            } else {
                vec![tree(labels)?]
            };
            Node::Member(left, membership, labels)
        }
        Rule::like => {
            let quoted = parts.next().ok_or_else(missing)?;
            let at = place(&quoted);
            let pattern = quoted.into_inner().next().map_or("", |inner| inner.as_str()).to_owned();
            return Ok(Tree { at, node: Node::Matches(left, pattern) });
        }
        _ => {
            let order = order(sign);
            let right = tree(parts.next().ok_or_else(missing)?)?;
            if let (Some(sign), Some(last)) = (parts.next(), parts.next()) {
                return Err(chained(&left, order, &right, sign, &tree(last)?));
            }
            Node::Compare(left, order, Box::new(right))
        }
    };
    Ok(Tree { at, node })
}

/// `36 <= 体温 <= 38` is refused, with what to write instead.
fn chained(left: &Tree, order: Order, middle: &Tree, sign: Pair<'_, Rule>, right: &Tree) -> ExprError {
    let at = place(&sign);
    let other = self::order(sign);
    let advice = match (order, other) {
        (Order::AtMost, Order::AtMost) => format!("写成 {middle} 介于 {left} 和 {right}"),
        (Order::AtLeast, Order::AtLeast) => format!("写成 {middle} 介于 {right} 和 {left}"),
        _ => {
            let (first, second) = (order.sign(), other.sign());
            format!("写成两个条件：{left} {first} {middle} 且 {middle} {second} {right}")
        }
    };
    at.error("EX001", format!("一处只比较一次，{advice}"))
}

/// Operands joined by two inverse signs; a single operand is itself.
///
/// Quotients and calendar months nest one by one, so that a row of them is as deep as it is long.
fn signed(pair: Pair<'_, Rule>, sign: Rule, join: fn(Vec<(bool, Tree)>) -> Node) -> Result<Tree, ExprError> {
    let at = place(&pair);
    let mut inverse = false;
    let mut parts = Vec::new();
    for part in pair.into_inner() {
        if part.as_rule() == sign {
            inverse = matches!(part.as_str(), "-" | "－" | "/" | "÷");
        } else {
            parts.push((inverse, tree(part)?));
        }
    }
    if parts.len() > MAX_TERMS {
        return Err(at.error("EX006", format!("一串加减或乘除最多 {MAX_TERMS} 项，请拆开写")));
    }
    match parts.pop() {
        Some((_, only)) if parts.is_empty() => Ok(only),
        Some(last) => {
            parts.push(last);
            Ok(Tree { at, node: join(parts) })
        }
        None => Err(at.error("EX001", "这里应有一个数")),
    }
}

/// Minus before a number is part of it.
fn negative(at: At, of: Tree) -> Tree {
    match of.node {
        Node::Number(value, unit) if value >= 0.0 => Tree { at, node: Node::Number(-value, unit) },
        _ => Tree { at, node: Node::Negative(Box::new(of)) },
    }
}

fn date(at: At, text: &str) -> Result<Node, ExprError> {
    let narrowed: String = text.chars().map(narrow).collect();
    let parts: Vec<u32> =
        narrowed.split(['-', '年', '月', '日']).filter_map(|part| part.parse().ok()).collect();
    let day = match parts.as_slice() {
        [year, month, day] => i32::try_from(*year).ok().and_then(|year| calendar::days(year, *month, *day)),
        _ => None,
    };
    day.map(Node::Date).ok_or_else(|| at.error("EX008", format!("没有“{text}”这一天")))
}

/// Twice not is nothing said.
fn negated(at: At, of: Tree) -> Tree {
    match of.node {
        Node::Not(inner) => *inner,
        _ => Tree { at, node: Node::Not(Box::new(of)) },
    }
}

/// Operands joined by one sign; a single operand is itself.
fn run(pair: Pair<'_, Rule>, join: fn(Vec<Tree>) -> Node) -> Result<Tree, ExprError> {
    let at = place(&pair);
    let operands = pair.into_inner().filter(|part| !matches!(part.as_rule(), Rule::and | Rule::or));
    let mut operands = operands.map(tree).collect::<Result<Vec<_>, _>>()?;
    match operands.pop() {
        Some(only) if operands.is_empty() => Ok(only),
        Some(last) => {
            operands.push(last);
            Ok(Tree { at, node: join(operands) })
        }
        None => Err(at.error("EX001", "这里应有一个条件")),
    }
}

fn order(pair: Pair<'_, Rule>) -> Order {
    match pair.into_inner().next().map(|sign| sign.as_rule()) {
        Some(Rule::greater_equal) => Order::AtLeast,
        Some(Rule::less_equal) => Order::AtMost,
        Some(Rule::not_equal) => Order::Unequal,
        Some(Rule::greater) => Order::Greater,
        Some(Rule::less) => Order::Less,
        _ => Order::Equal,
    }
}

fn call(at: At, pair: Pair<'_, Rule>) -> Result<Node, ExprError> {
    let mut parts = pair.into_inner();
    let name = parts.next().map_or("", |part| part.as_str());
    let function = Function::of_name(name).ok_or_else(|| {
        let known = Function::NAMES.map(|(_, names)| names[0]);
        let similar = nearest(name, known).map_or_else(String::new, |other| format!("；是不是“{other}”？"));
        at.error("EX007", format!("没有“{name}”这个函数，可用：{}{similar}", known.join("、")))
    })?;
    let operands = parts.filter(|part| part.as_rule() == Rule::disjunction).map(tree);
    Ok(Node::Call(function, operands.collect::<Result<_, _>>()?))
}

fn number(at: At, pair: &Pair<'_, Rule>) -> Result<Node, ExprError> {
    let mut parts = pair.clone().into_inner();
    let digits: String = parts.next().map_or("", |part| part.as_str()).chars().map(narrow).collect();
    let value: f64 = digits.parse().unwrap_or(f64::INFINITY);
    if !value.is_finite() {
        return Err(at.error("EX008", "这个数太大了"));
    }
    Ok(Node::Number(value, parts.next().map(|part| unit::canonical(part.as_str()).to_owned())))
}

/// Full-width digits and signs as ASCII.
fn narrow(c: char) -> char {
    match c {
        '０'..='９' | '．' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

fn part(pair: Pair<'_, Rule>) -> Option<String> {
    match pair.as_rule() {
        Rule::plain => Some(pair.as_str().to_owned()),
        _ => pair.into_inner().next().map(|inner| inner.as_str().to_owned()),
    }
}

fn refusal(text: &str, error: &pest::error::Error<Rule>) -> ExprError {
    let (LineColLocation::Pos((line, column)) | LineColLocation::Span((line, column), _)) = error.line_col;
    let place = at(line, column);
    let rest = text.split('\n').nth(line - 1).unwrap_or_default().chars().skip(column - 1);
    let found: String = rest.take_while(|c| !c.is_whitespace()).take(8).collect();
    let found = if found.is_empty() { "已经结束".to_owned() } else { format!("写的是“{found}”") };
    let wanted = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => expected(positives),
        ErrorVariant::CustomError { .. } => "一个条件".to_owned(),
    };
    place.error("EX001", format!("这里应是{wanted}，{found}"))
}

fn expected(rules: &[Rule]) -> String {
    // In the order they are named in a message; pest's own order may change.
    const WORDS: [&str; 7] = ["名称、数值或括号", "名称", "比较符号", "“且”或“或”", "逗号", "右括号", "结尾"];
    let words: Vec<&str> = rules
        .iter()
        .map(|rule| match rule {
            Rule::or | Rule::and => "“且”或“或”",
            Rule::operator
            | Rule::plus_or_minus
            | Rule::times_or_over
            | Rule::between
            | Rule::any_of
            | Rule::all_of
            | Rule::not_in
            | Rule::in_list
            | Rule::lacks
            | Rule::contains
            | Rule::member
            | Rule::has
            | Rule::like
            | Rule::greater_equal
            | Rule::less_equal
            | Rule::not_equal
            | Rule::equal
            | Rule::greater
            | Rule::less => "比较符号",
            Rule::close => "右括号",
            Rule::comma => "逗号",
            Rule::EOI => "结尾",
            Rule::inner | Rule::straight | Rule::curly | Rule::plain | Rule::quoted => "名称",
            _ => WORDS[0],
        })
        .collect();
    let named: Vec<&str> = WORDS.into_iter().filter(|word| words.contains(word)).collect();
    if named.is_empty() { "一个条件".to_owned() } else { named.join("、") }
}

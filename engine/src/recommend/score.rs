//! What speaks for an article.

use std::collections::BTreeMap;

use kb::{AgeBand, Article, Audience, ConceptId, ConceptKind, Kb, Review, Season};

use crate::Sex;

use super::{AGAIN, Ground, Reader, Reason, Recommendation, Tally};

const HAS: f32 = 4.0;
const TOLD: f32 = 1.6;
const SEASON: f32 = 0.7;
const FOR: f32 = 0.8;
const LIKED: f32 = 1.0;
const PRAISED: f32 = 0.8;
const COMMON: f32 = 0.6;
/// Opinions below this number say nothing: an article's tally never tells of one person.
const ENOUGH: u32 = 5;
/// Opinions that count as if given before any was.
const BEFORE: f32 = 4.0;
/// Incidence weight of what is seen every day, see [`kb::Incidence::weight`].
const EVERY_DAY: f32 = 5.0;

/// Every article that may be shown, with what speaks for it.
pub(super) fn all(kb: &Kb, reader: &Reader, tally: &dyn Fn(&str) -> Tally) -> Vec<Recommendation> {
    let audience = audience(kb, reader);
    let liked = liked(kb, reader);
    let hidden: Vec<&str> = reader
        .read
        .iter()
        .filter(|read| read.days_ago < AGAIN || read.was_useful == Some(false))
        .map(|read| read.article.as_str())
        .collect();
    let mut found = Vec::new();
    for (position, article) in kb.articles().iter().enumerate() {
        if article.review == Review::Rejected
            || hidden.contains(&article.id.as_str())
            || !article.audience.is_empty() && !article.audience.iter().any(|of| audience.contains(of))
        {
            continue;
        }
        let mut reasons = Vec::new();
        let mut add = |ground, points: f32| reasons.push(Reason { ground, points });
        if reader.told.history.contains(&article.about) {
            add(Ground::Has(article.about), HAS);
        }
        if let Some((symptom, points)) = told(kb, reader, article) {
            add(Ground::Told(symptom), points);
        }
        if let Some(common) = common(kb, reader, article) {
            add(Ground::Common, common * COMMON);
        }
        // Season and age make nobody care for what they hardly ever get.
        let concern = reasons.iter().map(|reason: &Reason| reason.points).sum::<f32>().min(1.0);
        let mut add = |ground, points: f32| reasons.push(Reason { ground, points });
        let season = Season::of_month(reader.month);
        if article.seasons.contains(&season) {
            add(Ground::Season(season), SEASON * concern);
        }
        if let Some(of) = article.audience.iter().find(|of| **of != Audience::Adult && audience.contains(of))
        {
            add(Ground::For(*of), FOR * concern);
        }
        if let Some(department) = department(kb, article)
            && let Some(points) = liked.get(&department)
        {
            add(Ground::Liked(department), points * LIKED);
        }
        if let Some(points) = praise(tally(&article.id)) {
            add(Ground::Praised, points * PRAISED);
        }
        let is_grounded = reasons.iter().any(|reason| {
            matches!(reason.ground, Ground::Has(_) | Ground::Told(_) | Ground::Common) && reason.points > 0.0
        });
        if !is_grounded {
            continue;
        }
        let score = reasons.iter().map(|reason| reason.points).sum();
        reasons.retain(|reason| reason.points > 0.0);
        reasons.sort_by(|a, b| b.points.total_cmp(&a.points));
        found.push(Recommendation { article: position, score, reasons });
    }
    found
}

/// Groups the person belongs to.
fn audience(kb: &Kb, reader: &Reader) -> Vec<Audience> {
    let years = reader.profile.age_months / 12;
    let mut groups = match years {
        0..=11 => vec![Audience::Child],
        12..=17 => vec![Audience::Child, Audience::Teenager],
        18..=59 => vec![Audience::Adult],
        _ => vec![Audience::Adult, Audience::Elder],
    };
    if years >= 12 {
        groups.extend(reader.profile.sex.map(|sex| match sex {
            Sex::Female => Audience::Female,
            Sex::Male => Audience::Male,
        }));
    }
    if reader.told.history.iter().any(|id| kb.concept(*id).key == "risk:pregnancy") {
        groups.push(Audience::Pregnant);
    }
    groups
}

/// The symptom told that speaks most for the disease of an article. Rare diseases are not put before people for a
/// symptom that common ones have as well.
fn told(kb: &Kb, reader: &Reader, article: &Article) -> Option<(ConceptId, f32)> {
    let disease = suited(kb, reader, article)?;
    let weight = kb.diseases[disease].incidence.weight() / EVERY_DAY;
    let points = |symptom: &ConceptId| {
        let link = kb.index.link(kb.symptom_position(*symptom)?, disease)?;
        (link.yes > 0.0).then(|| (*symptom, TOLD * weight.sqrt() * link.yes.min(3.0) * link.probability))
    };
    reader.told.symptoms.iter().filter_map(points).max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
}

/// How common the disease of an article is at this age, 0–1.
fn common(kb: &Kb, reader: &Reader, article: &Article) -> Option<f32> {
    let disease = &kb.diseases[suited(kb, reader, article)?];
    let band = AgeBand::of_months(reader.profile.age_months) as usize;
    Some(disease.incidence.weight() / EVERY_DAY * disease.age_weights[band] / 10.0)
}

/// The disease of an article, where it befalls people of this age and sex.
fn suited(kb: &Kb, reader: &Reader, article: &Article) -> Option<usize> {
    if kb.concept(article.about).kind != ConceptKind::Disease {
        return None;
    }
    let at = kb.disease_position(article.about)?;
    let disease = &kb.diseases[at];
    let other_sex = reader
        .profile
        .sex
        .zip(disease.sex)
        .is_some_and(|(own, of)| (own == Sex::Female) != (of == kb::Sex::Female));
    let band = AgeBand::of_months(reader.profile.age_months) as usize;
    (!other_sex && disease.age_weights[band] > 0.0).then_some(at)
}

fn department(kb: &Kb, article: &Article) -> Option<usize> {
    kb.diseases[kb.disease_position(article.about)?].departments.first().copied()
}

/// Departments by what the person thought of their articles, -1 to 1.
fn liked(kb: &Kb, reader: &Reader) -> BTreeMap<usize, f32> {
    let mut sums: BTreeMap<usize, (f32, f32)> = BTreeMap::new();
    for read in &reader.read {
        let article = kb.articles().iter().find(|article| article.id == read.article);
        let department = article.and_then(|article| department(kb, article));
        if let (Some(department), Some(useful)) = (department, read.was_useful) {
            let (sum, count) = sums.entry(department).or_default();
            *sum += if useful { 1.0 } else { -1.0 };
            *count += 1.0;
        }
    }
    sums.into_iter().map(|(department, (sum, count))| (department, sum / (count + 1.0))).collect()
}

/// How much better or worse than even the opinions are, -1 to 1; none while they are few.
fn praise(tally: Tally) -> Option<f32> {
    let (useful, useless) = (tally.useful, tally.useless);
    if useful + useless < ENOUGH {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "opinions of a district")]
    let (useful, useless) = (useful as f32, useless as f32);
    Some((useful - useless) / (useful + useless + BEFORE))
}

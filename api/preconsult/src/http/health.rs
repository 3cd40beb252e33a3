use axum::{extract::State, http::StatusCode};
use engine::search::{Article, Audience, Hit, Kb, Reason, Review};
use platform::{
    Problem,
    http::{Json, Path, Query},
    session::SignedInResident,
};

use super::health_body::{
    AdviceBody, AdviceList, ArticleBody, Asked, FoundBody, HeardBody, HitBody, Marked, OpinionBody,
    RelatedBody, SectionBody, WayBody,
};
use crate::{PreconsultError, Service, service};

const N_RELATED: usize = 4;
const N_RECOMMENDED: usize = 8;
const MOST_HITS: usize = 50;
/// Longest question, in characters.
const LONGEST: usize = 100;

/// 检索健康文章。没有合适的也给出路：相近的名称和下一步。
#[utoipa::path(get, path = "/api/preconsult/articles", tag = "preconsult", params(Asked),
    responses(
        (status = 200, description = "听懂了什么、找到的文章、接下来可以做什么", body = FoundBody),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "未登录"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "没有这个科室或人群")))]
pub(super) async fn search_articles(
    State(service): State<Service>,
    _: SignedInResident,
    Query(asked): Query<Asked>,
) -> Result<Json<FoundBody>, Problem> {
    let kb = service.engine.kb();
    let audience = asked.audience.as_deref().map(|name| {
        let known = Audience::NAMES.iter().find(|(label, _)| *label == name).map(|(_, audience)| *audience);
        known.ok_or_else(|| Problem::invalid_input().fault("/for", "没有这个人群，可写儿童、老人、孕妇等"))
    });
    let audience = audience.transpose()?;
    let department = asked.department.as_deref();
    if department.is_some_and(|code| kb.departments.iter().all(|known| known.code != code)) {
        return Err(PreconsultError::NoSuchDepartment.into());
    }
    let text: String = asked.q.trim().chars().take(LONGEST).collect();
    let limit = asked.limit.unwrap_or(10).clamp(1, MOST_HITS);
    let answer = service.engine.search(&engine::search::Query { text: &text, department, audience, limit });
    let heard = answer.heard.iter().map(|heard| HeardBody {
        label: kb.concept(heard.concept).label.clone(),
        said: heard.said.clone(),
        is_guess: heard.how.is_guess(),
    });
    Ok(Json(FoundBody {
        heard: heard.collect(),
        is_loose: answer.is_loose,
        hits: answer.hits.iter().map(|hit| found(kb, hit)).collect(),
        near: answer.near.iter().map(|near| near.name.clone()).collect(),
        ways: answer.ways.iter().map(|way| WayBody { text: way.text(kb) }).collect(),
    }))
}

/// 按年龄、说过的不适、季节和读过的文章推荐，各带理由。
#[utoipa::path(get, path = "/api/preconsult/articles/recommended", tag = "preconsult",
    responses(
        (status = 200, description = "适合现在看的文章", body = AdviceList),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "未登录")))]
pub(super) async fn recommend_articles(
    State(service): State<Service>,
    who: SignedInResident,
) -> Result<Json<AdviceList>, Problem> {
    let kb = service.engine.kb();
    let shelf = service::shelf(&service, who.id, N_RECOMMENDED).await?;
    let advice = shelf.recommended.iter().map(|one| AdviceBody {
        id: kb.articles()[one.article].id.clone(),
        title: kb.articles()[one.article].title.clone(),
        reasons: one.reasons.iter().map(|reason| reason.ground.text(kb)).collect(),
    });
    Ok(Json(AdviceList { items: advice.collect() }))
}

/// 读一篇健康文章；读过只为本人推荐时参考，可随时清除。
#[utoipa::path(get, path = "/api/preconsult/articles/{id}", tag = "preconsult", params(("id" = String, Path)),
    responses(
        (status = 200, description = "文章", body = ArticleBody),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "未登录"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "没有这篇文章")))]
pub(super) async fn read_article(
    State(service): State<Service>,
    who: SignedInResident,
    Path(id): Path<String>,
) -> Result<Json<ArticleBody>, Problem> {
    let kb = service.engine.kb();
    let shown = |article: &Article| article.id == id && article.review != Review::Rejected;
    let at = kb.articles().iter().position(shown).ok_or_else(Problem::not_found)?;
    let was_useful = service::open_article(&service, who.id, &id).await?;
    let article = &kb.articles()[at];
    let sections = article
        .sections
        .iter()
        .map(|section| SectionBody { title: section.part.label(), text: section.text.clone() });
    let related = service.engine.related(at, N_RELATED).into_iter().map(|related| RelatedBody {
        id: kb.articles()[related.article].id.clone(),
        title: kb.articles()[related.article].title.clone(),
        reason: related.links.first().map(|link| link.text(kb)).unwrap_or_default(),
    });
    Ok(Json(ArticleBody {
        id: article.id.clone(),
        title: article.title.clone(),
        is_reviewed: article.review == Review::Reviewed,
        audience: article.audience.iter().map(|audience| audience.label()).collect(),
        sections: sections.collect(),
        was_useful,
        related: related.collect(),
    }))
}

/// 说一篇文章有没有用；再说一次替换前一次。
#[utoipa::path(put, path = "/api/preconsult/articles/{id}/opinion", tag = "preconsult", request_body = OpinionBody,
    params(("id" = String, Path)),
    responses(
        (status = 204, description = "记下了"),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "未登录"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "没有这篇文章")))]
pub(super) async fn judge_article(
    State(service): State<Service>,
    who: SignedInResident,
    Path(id): Path<String>,
    Json(opinion): Json<OpinionBody>,
) -> Result<StatusCode, Problem> {
    service::judge_article(&service, who.id, &id, opinion.was_useful).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// 清除本人的阅读记录。
#[utoipa::path(delete, path = "/api/preconsult/readings", tag = "preconsult",
    responses(
        (status = 204, description = "已清除"),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "未登录")))]
pub(super) async fn forget_readings(
    State(service): State<Service>,
    who: SignedInResident,
) -> Result<StatusCode, Problem> {
    service::forget_readings(&service, who.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn found(kb: &Kb, hit: &Hit) -> HitBody {
    let article = &kb.articles()[hit.article];
    HitBody {
        id: article.id.clone(),
        title: Marked::new(&article.title, &hit.title_marks),
        section: hit.excerpt.part.label(),
        excerpt: Marked::new(&hit.excerpt.text, &hit.excerpt.marks),
        reasons: hit.reasons.iter().map(Reason::text).collect(),
    }
}

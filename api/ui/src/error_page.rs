use askama::Template;
use platform::Problem;

use crate::{Frame, Notices};

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    frame: Frame,
    problem: &'a Problem,
}

/// A problem as a page.
pub fn error_page(problem: &Problem) -> String {
    drawn(problem, false)
}

/// The same for an installation in demo mode.
pub fn demo_error_page(problem: &Problem) -> String {
    drawn(problem, true)
}

fn drawn(problem: &Problem, is_demo: bool) -> String {
    let frame = Frame::bare(Notices { is_demo, is_reviewed: false });
    // A template that only writes into a String has nothing to fail at; the title alone still tells what happened.
    ErrorPage { frame, problem }.render().unwrap_or_else(|_| problem.title.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_happened_and_what_to_do_next() {
        let mut problem = Problem::invalid_input().fault("/text", "最多 <10000> 字");
        problem.request_id = Some("0195-abc".into());
        let page = demo_error_page(&problem);
        for text in ["填写的内容需要修改", "最多 &#60;10000&#62; 字", "0195-abc", "演示环境", "返回首页"]
        {
            assert!(page.contains(text), "{text} missing in {page}");
        }
        assert!(!error_page(&problem).contains("演示环境"));
        let page = error_page(&problem.detail("请缩短后再发送。"));
        assert!(
            page.contains("请缩短后再发送。") && !page.contains("10000"),
            "the sentence for people is enough"
        );
    }

    #[test]
    fn layouts_hold_what_everybody_needs_and_nothing_inline() {
        let page = error_page(&Problem::not_found());
        for text in ["lang=\"zh-CN\"", "href=\"#main\"", "id=\"main\"", "viewport", "尚未经临床审核"] {
            assert!(page.contains(text), "{text} missing");
        }
        for text in [" style=", "<style", " onclick=", "<script>"] {
            assert!(!page.contains(text), "{text} present");
        }
    }
}

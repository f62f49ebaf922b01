//! The page's own line drawings, on a grid of 16 by 16.

use view::Progress;
use yew::prelude::*;

/// A drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Play,
    Pause,
    Replay,
    StepBack,
    StepOn,
    MarkBack,
    MarkOn,
    Fork,
    ToStart,
    Tick,
    Cross,
    Dash,
    Sun,
    Moon,
}

impl Shape {
    /// The sign of a progress, as GitHub and Argo CD draw it.
    pub fn of(progress: Progress) -> Option<Self> {
        match progress {
            Progress::Done => Some(Self::Tick),
            Progress::Failed => Some(Self::Cross),
            Progress::Skipped | Progress::Cancelled => Some(Self::Dash),
            Progress::Waiting | Progress::Active => None,
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Play => "M5 3.2v9.6L12.6 8z",
            Self::Pause => "M5 3.5v9M11 3.5v9",
            Self::Replay => "M3.5 8a4.5 4.5 0 1 0 1.4-3.3M3.2 2.6v2.6h2.6",
            Self::StepBack => "M10 3.5L5.5 8l4.5 4.5",
            Self::StepOn => "M6 3.5L10.5 8L6 12.5",
            Self::MarkBack => "M12 3.5L7.5 8l4.5 4.5M4 3.5v9",
            Self::MarkOn => "M4 3.5L8.5 8L4 12.5M12 3.5v9",
            Self::Fork => "M4.5 2.5v11M4.5 8.5c0-3 7-1.5 7-6M9.3 4.2l2.2-2.2l2.2 2.2",
            Self::ToStart => "M3.5 3.5v9M13 8H6.5M9.5 4.8L6.3 8l3.2 3.2",
            Self::Tick => "M3.8 8.4l2.9 2.9l5.6-6.3",
            Self::Cross => "M4.4 4.4l7.2 7.2M11.6 4.4l-7.2 7.2",
            Self::Dash => "M4.5 8h7",
            Self::Sun => {
                "M8 5.2a2.8 2.8 0 1 0 0 5.6a2.8 2.8 0 1 0 0-5.6M8 1.4v1.6M8 13v1.6M1.4 8h1.6M13 8h1.6M3.3 3.3l1.1 1.1M11.6 11.6l1.1 1.1M12.7 3.3l-1.1 1.1M4.4 11.6l-1.1 1.1"
            }
            Self::Moon => "M12.8 9.7A5.3 5.3 0 0 1 6.3 3.2a5.3 5.3 0 1 0 6.5 6.5z",
        }
    }
}

/// One drawing, in the colour of the text. Its button or label names it.
pub fn icon(shape: Shape) -> Html {
    let class = classes!("icon", (shape == Shape::Play).then_some("filled"));
    html! {
        <svg {class} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d={shape.path()} />
        </svg>
    }
}

/// The round sign of a progress: hollow, turning, ticked, crossed or dashed.
pub fn sign(progress: Progress) -> Html {
    html! {
        <span class="sign" data-progress={progress_word(progress)}>
            if let Some(shape) = Shape::of(progress) {
                { icon(shape) }
            }
        </span>
    }
}

/// A progress in one word: `done`.
pub fn progress_word(progress: Progress) -> &'static str {
    match progress {
        Progress::Waiting => "waiting",
        Progress::Active => "active",
        Progress::Done => "done",
        Progress::Failed => "failed",
        Progress::Skipped => "skipped",
        Progress::Cancelled => "cancelled",
    }
}

//! The page's parts, one a file: plain rows in, intents out.
//!
//! What has state or hooks, or many siblings that rarely change, is a component. The rest are plain
//! functions from rows to `Html`: each component costs who loads the page about 5 KB of code.
//!
//! # Hooks for tests
//! Accessible names and roles come first: every control has one. Parts of the picture carry
//! `data-testid`, and what they show as data:
//!
//! | `data-testid` | where | carries |
//! | --- | --- | --- |
//! | `page` | [`crate::app`] | `data-now`, `data-end` (virtual ms), `data-playing`, `data-waiting`, `data-panel`, `data-layout`, `data-forked` |
//! | `station` | [`way`] | `data-kind`, `data-progress`, `data-tint` (short SHA), `data-live` |
//! | `job`, `step` | [`workflow_run`] | `data-name`, `data-progress` |
//! | `image` | [`station_detail`] | `data-reference`, `data-tint` |
//! | `application` | [`application`] | `data-name`, `data-sync`, `data-health`, `data-tint` |
//! | `difference` | [`application`] | `data-object`, `data-path` |
//! | `release` | [`station_detail`] | `data-revision`, `data-status`, `data-tint` |
//! | `deployment` | [`deployment`] | `data-name`, `data-desired`, `data-current`, `data-updated`, `data-ready` |
//! | `replica-set` | [`replica_set`] | `data-name`, `data-revision`, `data-newest`, `data-desired`, `data-ready`, `data-tint` |
//! | `pod` | [`pod`] | `data-uid`, `data-name`, `data-form`, `data-set`, `data-tint`, `data-serving` |
//! | `node` | [`nodes`] | `data-name`, `data-pods` |
//! | `service` | [`service`] | `data-name`, `data-endpoints`, `data-failed-total`, `data-ready-min`, `data-answered` |
//! | `sentence` | [`moment`] | `data-entry` |
//! | `plan-row` | [`plan`] | `data-object`, `data-effect`, `data-pods` |
//! | `check-row` | [`checks`] | `data-check`, `data-severity` |
//! | `merge-box` | [`merge_box`] | `data-state` |
//! | `status` | [`merge_box`] | `data-progress` |
//! | `conflict` | [`merge_box`] | `data-path` |
//! | `source` | [`source`] | |
//! | `printed` | [`terminal`] | `data-failed` |
//! | `object-panel` | [`object`] | `data-kind`, `data-name` |
//! | `object-link`, `why` | [`object`] | |
//! | `lesson` | [`lesson`] | `data-id`, `data-done` |
//! | `lesson-step` | [`lesson`] | `data-id`, `data-status` |
//! | `goal` | [`lesson`] | `data-met` |
//! | `prediction` | [`lesson`] | |
//! | `lesson-card` | [`lessons`] | `data-id` |
//! | `problem` | [`problems`] | `data-line` |
//! | `event` | [`event_list`] | `data-entry`, `data-t`, `data-tone`, `data-reason` |
//! | `mark` | [`marks`] | `data-kind`, `data-t`, `data-named` |
//! | `loop` | [`loops`] | `data-name`, `data-acts` |
//! | `futures` | [`futures`] | `data-in-fork` |
//! | `difference-of-futures` | [`futures`] | |
//! | `half` | [`stage`] | `data-fork` |
//! | `chart` | [`charts`] | `data-name`, `data-service`, `data-value` |
//! | `branch` | [`resource_tree`] | `data-object`, `data-health` |
//!
//! `data-failed-total` and `data-ready-min` are over the seconds since somebody did something last (a
//! merge, or a command that changes the cluster) up to this moment. The playhead is the slider named *Time*. `?speed=8` in the address sets the play speed.
//!
//! `data-waiting` is `true` while the engine has yet to answer: the picture is not the moment's then.
//!
//! The performance mark `lab:interactive` is written when the page answers, `lab:engine` when the engine
//! beside it is ready.

pub mod api_server;
pub mod application;
pub mod band;
pub mod charts;
pub mod checks;
pub mod containers;
pub mod controls;
pub mod deployment;
pub mod diff;
pub mod dispatch;
pub mod editor;
pub mod embed;
pub mod endpoints;
pub mod event_line;
pub mod event_list;
pub mod file_list;
pub mod file_name;
pub mod futures;
pub mod glide;
pub mod icon;
pub mod legend;
pub mod lesson;
pub mod lessons;
pub mod loops;
pub mod manifest;
pub mod marks;
pub mod masthead;
pub mod merge_box;
pub mod moment;
pub mod narrator;
pub mod nodes;
pub mod object;
pub mod paint;
pub mod plain_editor;
pub mod plan;
pub mod pod;
pub mod problems;
pub mod prose;
pub mod pull_request;
pub mod replica_set;
pub mod resource_tree;
pub mod ribbon;
pub mod samples;
pub mod service;
pub mod share;
pub mod source;
pub mod stage;
pub mod station_detail;
pub mod tabs;
pub mod terminal;
pub mod tint;
pub mod way;
pub mod workbench;
pub mod workflow_run;

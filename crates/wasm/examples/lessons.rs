//! Writes what the site carries of its lessons: `lessons FOLDER INTO`.
//!
//! Of each folder of a lesson one file, which is the request that opens it, and `index.bin`, the list of
//! all. Their solutions and wrong answers stay where they are. Of each lesson and of each built-in lab a
//! picture, too, which stands in other pages until the lab runs there.

// The one place of this crate that reads and writes files; it is no part of the module.
#![allow(clippy::disallowed_methods)]

use engine::still;
use lessons::Lesson;
use reconcile::Lab;
use reconcile::delivery::labs;
use std::fs;
use std::io::{Error, Result};
use std::path::Path;
use view::LessonCard;
use view::protocol::{Files, Request, encode};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(from), Some(into)) = (arguments.next(), arguments.next()) else {
        return Err(Error::other("the order is: lessons FOLDER INTO"));
    };
    fs::create_dir_all(&into)?;
    let mut cards = Vec::new();
    for folder in sorted(Path::new(&from))? {
        let mut files = Files::new();
        read(&folder, "", &mut files)?;
        let lesson = Lesson::read(&files).map_err(|problems| {
            let first = problems
                .first()
                .map(|it| format!("{}:{}: {}", it.path, it.line, it.message));
            Error::other(format!(
                "{}: {}",
                folder.display(),
                first.unwrap_or_default()
            ))
        })?;
        let id = folder.file_name().unwrap_or_default().to_string_lossy();
        cards.push(LessonCard {
            id: id.as_ref().into(),
            title: lesson.title.clone(),
            summary: lesson.summary.clone(),
            minutes: lesson.minutes,
        });
        fs::write(
            Path::new(&into).join(format!("{id}.bin")),
            encode(&Request::OpenLesson(files)),
        )?;
        let lab = lesson
            .open(lesson.seed)
            .map_err(|_| Error::other("it does not open"))?;
        draw(
            &lesson.title,
            lab,
            Path::new(&into).join(format!("{id}.svg")),
        )?;
    }
    for row in labs::list() {
        let lab = Lab::built_in(&row.name).ok_or(Error::other("it does not open"))?;
        draw(
            &row.title,
            lab,
            Path::new(&into).join(format!("{}.svg", row.name)),
        )?;
    }
    fs::write(Path::new(&into).join("index.bin"), encode(&cards))
}

fn draw(title: &str, mut lab: Lab, into: std::path::PathBuf) -> Result<()> {
    lab.seek(lab.end());
    fs::write(into, still::draw(title, &lab.scene()))
}

/// What lies in a folder, by name; nothing if it is not there.
fn sorted(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(Vec::new());
    };
    let mut paths = entries
        .map(|it| Ok(it?.path()))
        .collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn read(folder: &Path, prefix: &str, files: &mut Files) -> Result<()> {
    for path in sorted(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{prefix}{name}");
        if path.is_dir() {
            if !matches!(name.as_str(), "solutions" | "wrong") {
                read(&path, &format!("{name}/"), files)?;
            }
        } else {
            files.insert(name, fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

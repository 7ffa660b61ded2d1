//! The texts of one record, one after the other in a buffer that many records share.

/// Where the texts of a record begin and how long each is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text {
    start: usize,
    /// [`ABSENT`] for a text that there is not.
    lengths: [u16; PIECES],
}

impl Text {
    /// Appends the texts; each is cut where it passes [`LONGEST`].
    pub(super) fn write(buffer: &mut Vec<u8>, pieces: [Option<&[u8]>; PIECES]) -> Self {
        let start = buffer.len();
        let mut lengths = [ABSENT; PIECES];
        for (length, piece) in lengths.iter_mut().zip(pieces) {
            let Some(piece) = piece else { continue };
            let piece = piece.get(..usize::from(LONGEST)).unwrap_or(piece);
            buffer.extend_from_slice(piece);
            // It is no longer than the longest.
            *length = u16::try_from(piece.len()).unwrap_or(LONGEST);
        }
        Self { start, lengths }
    }

    /// The texts in the order in which they were written.
    pub(super) fn read(self, buffer: &[u8]) -> [Option<&[u8]>; PIECES] {
        let mut rest = buffer.get(self.start..).unwrap_or_default();
        self.lengths.map(|length| {
            if length == ABSENT {
                return None;
            }
            let (piece, others) = rest.split_at_checked(usize::from(length))?;
            rest = others;
            Some(piece)
        })
    }

    /// How many bytes they take.
    pub(super) fn len(&self) -> usize {
        let present = self.lengths.iter().filter(|length| **length != ABSENT);
        present.map(|length| usize::from(*length)).sum()
    }
}

/// Path, authority, forwarded-for, user agent, request id.
pub(super) const PIECES: usize = 5;

/// Servers take heads of hundreds of kilobytes; a log line needs no more of any text than this.
const LONGEST: u16 = 8 * 1024;

const ABSENT: u16 = u16::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_as_they_were_written_however_many_share_the_buffer() {
        let records: [[Option<&[u8]>; PIECES]; 3] = [
            [Some(b"/a"), None, Some(b""), Some(b"curl"), None],
            [None; PIECES],
            [Some(b"/b?c=d"), Some(b"host"), None, None, Some(b"id")],
        ];
        let mut buffer = Vec::new();
        let texts = records.map(|record| Text::write(&mut buffer, record));
        assert_eq!(texts.map(|text| text.read(&buffer)), records);
        assert_eq!(texts.map(|text| text.len()), [6, 0, 12]);
    }

    #[test]
    fn a_long_text_is_cut() {
        let (mut buffer, long) = (Vec::new(), vec![b'x'; 100_000]);
        let text = Text::write(&mut buffer, [Some(&long), Some(b"host"), None, None, None]);
        let [path, host, ..] = text.read(&buffer);
        assert_eq!(path.map(<[u8]>::len), Some(usize::from(LONGEST)));
        assert_eq!(host, Some(b"host".as_slice()));
    }
}

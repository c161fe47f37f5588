"""The files of a release, for those who take all of it: RDF, tables, and what describes them.

`files` makes them, from the same facts always the same bytes; `writing` puts them into a folder, those that have not
changed as links to the files of the release before; `reading` reads them back, with the content hash.
"""

FOLDER = "dumps"  # of a release
METADATA = "ro-crate-metadata.json"  # what tells of all the other files

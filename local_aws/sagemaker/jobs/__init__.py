"""What all kinds of jobs share: records, names, hosts, data in and out."""

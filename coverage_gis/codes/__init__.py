"""JIS codes: regional mesh (X 0410), prefectures (X 0401), municipalities (X 0402)."""
